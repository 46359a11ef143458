import type { Question } from '@rai/contract'
import { Failure } from '../failure.js'

/** What a member answered to a question of an item, as it was asked then. */
export interface Answer {
  name: string
  label: string
  value: string
}

/**
 * The answers in the order of their questions. An empty one is none.
 * @throws Failure `invalid_request` for what is missing, was not asked, or is none of the options.
 */
export function answersTo(questions: readonly Question[], given: Readonly<Record<string, string>>): Answer[] {
  const answers = questions.flatMap(({ name, label }) => {
    const value = Object.hasOwn(given, name) ? given[name]!.trim() : ''
    return value === '' ? [] : [{ name, label, value }]
  })
  const answerTo = (name: string) => answers.find((answer) => answer.name === name)?.value
  const wrong = [
    ...Object.keys(given)
      .filter((name) => !questions.some((question) => question.name === name))
      .map((name) => ({ name, message: 'is not asked' })),
    ...questions.flatMap(({ name, required, options }) => {
      const value = answerTo(name)
      if (value === undefined) return required ? [{ name, message: 'is missing' }] : []
      return options.length > 0 && !options.includes(value)
        ? [{ name, message: `must be ${options.join(' or ')}` }]
        : []
    }),
  ]
  if (wrong.length === 0) return answers
  const details = wrong.map(({ name, message }) => ({ path: `information.${name}`, message }))
  throw new Failure('invalid_request', 'Answer what the item asks.', details)
}
