import type { Item } from '@rai/stores'
import { html, nothing } from 'lit'
import type { CheckoutText } from './checkout.js'

/** What the member has answered so far, by the names of the questions. */
export type Answers = Record<string, string>

type Questions = Item['questions']

/** The names of what must be answered and is not. */
export const missingAnswers = (questions: Questions, answers: Answers): string[] =>
  questions.filter(({ name, required }) => required && !answers[name]?.trim()).map(({ name }) => name)

/** What who buys an item is asked; answers are kept in `answers`. `points` at those that are missing. */
export const questionFields = (questions: Questions, answers: Answers, points: boolean, say: CheckoutText) =>
  questions.map(({ name, label, required, options }) => {
    const isMissing = points && required && !answers[name]?.trim()
    const answer = ({ target }: Event) => {
      answers[name] = (target as HTMLInputElement | HTMLSelectElement).value
    }
    return html`<div class="field" part="field">
      <label for="question-${name}"
        ><bdi>${label}</bdi>${required ? nothing : html` <span class="muted small">(${say('optional')})</span>`}</label
      >
      ${
        options.length > 0
          ? html`<select id="question-${name}" aria-required=${required ? 'true' : 'false'} aria-invalid=${isMissing ? 'true' : 'false'} aria-describedby=${isMissing ? `wrong-${name}` : nothing} @change=${answer}>
              <option value="" ?selected=${!answers[name]}>${say('choose')}</option>
              ${options.map((option) => html`<option ?selected=${option === answers[name]}>${option}</option>`)}
            </select>`
          : html`<input id="question-${name}" type="text" maxlength="1000" autocomplete="on" aria-required=${required ? 'true' : 'false'} aria-invalid=${isMissing ? 'true' : 'false'} aria-describedby=${isMissing ? `wrong-${name}` : nothing} .value=${answers[name] ?? ''} @input=${answer} />`
      }
      ${isMissing ? html`<span class="wrong small" id="wrong-${name}">${say('answerThis')}</span>` : nothing}
    </div>`
  })
