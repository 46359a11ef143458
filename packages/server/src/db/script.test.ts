import { expect, test } from 'vitest'
import { statementsOf } from './script.js'

test('a script is cut at the ends of its statements, and at no other semicolon', () => {
  const statements = [
    `-- First; with a comment that isn't code.\ncreate table a (b text default 'x;''y')`,
    'create function f() returns trigger language plpgsql as $$\nbegin\n  return null;\nend $$',
    'do $body$ begin execute $$select 1;$$; end $body$',
  ]
  expect(statementsOf(`${statements.join(';\n\n')};\n`)).toEqual(statements)
})
