import { expect, test } from 'vitest'
import { constraintOf } from './errors.js'

test.each([
  [{ constraint: 'members_email', message: 'duplicate key value violates unique constraint "members_email"' }],
  // What a node of a Citus cluster said, as the coordinator passes it on.
  [{ message: 'duplicate key value violates unique constraint "members_email_102045"' }],
])('a broken constraint is known by its name, whoever tells it', (error) => {
  expect(constraintOf(Object.assign(new Error(error.message), error))).toBe('members_email')
})

test('an error that is about none has no name', () => {
  expect(constraintOf(new Error('division by zero'))).toBe('')
})
