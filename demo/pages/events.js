import { clock, make, named, raw, request } from './make.js'

// What the site's back-end is told, as it comes.
const list = document.querySelector('#events')
const state = document.querySelector('#state')
const empty = document.querySelector('#empty')
const said = document.querySelector('#said')

/** What happened, in a sentence. */
const sentences = {
  'user.joined': ({ user }) => [named(user.displayName), ' became a member'],
  'user.visited': ({ user }) => [named(user.displayName), ' came for the first time today'],
  'message.created': ({ user, channel, message }) => [
    named(user.displayName),
    ' said in ',
    named(channel.topic),
    ': ',
    make('q', '', named(message.message)),
  ],
  'store.item_purchased': ({ user, order, product }) => [
    named(user.displayName),
    ' bought ',
    named(product.name),
    ` for ${order.price.toLocaleString('en')} coins`,
  ],
  'webhook.endpoint.failing': ({ endpoint }) => ['An endpoint keeps failing: ', named(endpoint.url)],
  'webhook.endpoint.disabled': ({ endpoint }) => ['An endpoint was disabled: ', named(endpoint.url)],
  'webhook.test': () => ['A test'],
}

function row({ at, headers, body, event, refused }) {
  const marks = refused
    ? [make('span', 'tag bad', `✗ ${refused}`)]
    : [make('span', 'tag', '✓ verified'), ...(headers['x-encrypted'] ? [make('span', 'tag', '✓ decrypted')] : [])]
  const what = make('p', 'what')
  // It is in English, whichever way the page and the names in it run.
  what.dir = 'auto'
  const sentence = event ? sentences[event.type]?.(event.data) : ['Refused: it is not from the server']
  what.append(...(sentence ?? [event.type]))
  const shown = [make('h2', '', 'As it came'), request(headers, body)]
  if (event) shown.push(make('h2', '', 'What it says'), raw(JSON.stringify(event, null, 2)))
  return make(
    'li',
    refused ? 'card refused' : 'card',
    make(
      'p',
      'meta',
      clock(at),
      make('code', '', event?.type ?? 'unknown'),
      ...(event ? [`no. ${event.sequence}`] : []),
    ),
    what,
    make('p', 'tags', ...marks),
    make('details', '', make('summary', '', 'All of it'), ...shown),
  )
}

const source = new EventSource('/events')
source.addEventListener('open', () => list.replaceChildren())
source.addEventListener('message', ({ data }) => {
  list.prepend(row(JSON.parse(data)))
  empty.hidden = true
})
source.addEventListener('ready', () => {
  state.textContent = 'Listening'
  state.className = 'state live'
  empty.hidden = list.childElementCount > 0
})
source.addEventListener('error', () => {
  // The browser comes back by itself, but where it was refused.
  const isOver = source.readyState === EventSource.CLOSED
  state.textContent = isOver ? 'No connection. Load the page again.' : 'The connection broke. Trying again…'
  state.className = 'state broken'
})

for (const button of document.querySelectorAll('button[data-what]'))
  button.addEventListener('click', async () => {
    button.disabled = true
    const body = JSON.stringify({ what: button.dataset.what })
    const answer = await fetch('/events', { method: 'POST', body }).catch(() => null)
    said.textContent = answer?.ok ? 'Done. It is here in a moment.' : 'That did not work. Is the server there?'
    button.disabled = false
  })
