import { clock, make, named, raw, request } from './make.js'

// What calls of the club's hooks do, as they are made.
const list = document.querySelector('#calls')
const empty = document.querySelector('#empty')
const said = document.querySelector('#said')

/** What was done already, by the call's id. */
const done = new Set()

/** What a call did, in a sentence. */
const sentences = {
  message: ({ message }) => ['Amara says in the channel: ', make('q', '', named(message))],
  fields: ({ customFields: [{ value }] }) => ['Amara’s favourite hut is ', named(value)],
  currency: (_, { currency }) => [`Amara has ${currency.toLocaleString('en')} coins`],
}

function row({ at, kind, headers, body, status, answer }) {
  const isIn = status === 200
  const isRepeat = isIn && done.has(answer.data._id)
  if (isIn) done.add(answer.data._id)
  const what = make('p', 'what')
  // It is in English, whichever way the page and the names in it run.
  what.dir = 'auto'
  what.append(...(isIn ? sentences[kind](JSON.parse(body), answer.data) : ['Refused: ', answer.message]))
  const marks = isRepeat
    ? [make('span', 'tag', '✓ a repeat: nothing more was done')]
    : [isIn ? make('span', 'tag', '✓ let in') : make('span', 'tag bad', `✗ ${status} ${answer.code}`)]
  const shown = [
    ...[make('h2', '', 'As it was sent'), request(headers, body)],
    ...[make('h2', '', 'The answer'), raw(JSON.stringify(answer, null, 2))],
  ]
  return make(
    'li',
    isIn ? 'card' : 'card refused',
    make('p', 'meta', clock(at), make('code', '', kind)),
    what,
    make('p', 'tags', ...marks),
    make('details', '', make('summary', '', 'All of it'), ...shown),
  )
}

async function call(button, kind, how) {
  button.disabled = true
  const answer = await fetch('/calls', { method: 'POST', body: JSON.stringify({ kind, how }) }).catch(() => null)
  button.disabled = false
  said.textContent = answer?.ok ? '' : 'That did not work. Is the server there?'
  if (!answer?.ok) return
  list.prepend(row(await answer.json()))
  empty.hidden = true
}

const ways = [
  ['sign', 'button', 'Call it'],
  ['repeat', 'button quiet', 'Once more'],
  ['forge', 'button quiet', 'Forge it'],
]
for (const card of document.querySelectorAll('[data-kind]')) {
  const buttons = ways.map(([how, className, words]) => {
    const button = make('button', className, words)
    button.type = 'button'
    button.setAttribute('aria-describedby', card.dataset.kind)
    button.addEventListener('click', () => call(button, card.dataset.kind, how))
    return button
  })
  card.append(make('div', 'actions', ...buttons))
}
