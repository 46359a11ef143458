// A small app: who looks, where in it they are, what happens in the community, and what it would have them say.
import { connect } from '/bridge/guest/index.js'

const walks = [
  {
    id: 'larch-loop',
    name: 'Larch loop',
    days: 2,
    km: 11,
    up: 540,
    hill: 'M0 50 30 40 55 22 80 30 110 12 140 34 170 28 200 50',
  },
  {
    id: 'summit-hut',
    name: 'Summit hut and back',
    days: 9,
    km: 17,
    up: 1180,
    hill: 'M0 52 40 44 80 20 100 6 122 22 150 38 200 52',
  },
  {
    id: 'three-lakes',
    name: 'Three lakes',
    days: 16,
    km: 9,
    up: 310,
    hill: 'M0 46 40 36 70 42 100 30 130 40 160 28 200 46',
  },
  {
    id: 'night-ridge',
    name: 'The ridge by night',
    days: 23,
    km: 13,
    up: 760,
    hill: 'M0 50 25 24 60 18 95 10 130 16 165 26 200 50',
  },
]

const bridge = await connect()
const view = document.querySelector('#view')
const news = document.querySelector('#news')
let going = {}
let heard = 0

/** Asks this page's own back-end, which believes a token and nothing else. */
async function ask(wish = {}) {
  const identity = bridge.supports('identity.get') ? await bridge.getIdentity() : null
  const answer = await fetch('/walks', {
    method: 'POST',
    body: JSON.stringify({ token: identity?.token ?? null, ...wish }),
  })
  if (!answer.ok) throw new Error(`${answer.status}`)
  going = await answer.json()
  draw()
}

const node = (name, values = {}, ...inside) => {
  const made = Object.assign(document.createElement(name), values)
  made.append(...inside)
  return made
}
const when = ({ days }) =>
  new Intl.DateTimeFormat(bridge.context.locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(
    Date.now() + days * 86_400_000,
  )
const number = (value, unit) =>
  new Intl.NumberFormat(bridge.context.locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
const goingTo = ({ id }) => going[id] ?? { count: 0, isMine: false }

function hillOf({ hill }) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  svg.setAttribute('viewBox', '0 0 200 56')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  svg.classList.add('hill')
  path.setAttribute('d', hill)
  path.setAttribute('vector-effect', 'non-scaling-stroke')
  svg.append(path)
  return svg
}

const countOf = (walk) => {
  const { count, isMine } = goingTo(walk)
  return isMine ? (count > 1 ? `You and ${count - 1} more` : 'You are in') : count ? `${count} going` : 'Nobody yet'
}

/** Somewhere in this page. The community's page may put it into its address. */
async function go(path) {
  show(path)
  await bridge.setRoute(path, { title: walks.find(({ id }) => path === `/${id}`)?.name ?? 'Walks' })
}
let shown = bridge.context.route
function show(path) {
  shown = path
  draw()
  view.querySelector('h1')?.focus()
}

function link(href, more, ...inside) {
  const made = node('a', { href: `#${href}`, ...more }, ...inside)
  made.addEventListener('click', (event) => {
    event.preventDefault()
    void go(href)
  })
  return made
}

function list() {
  const { member } = bridge.context
  return [
    node('h1', { tabIndex: -1 }, member ? `Where to, ${member.name}?` : 'Where to?'),
    node('p', { className: 'muted' }, 'Every Saturday, from the club’s hut.'),
    node(
      'ul',
      { className: 'walks' },
      ...walks.map((walk) =>
        node(
          'li',
          {},
          link(
            `/${walk.id}`,
            { className: 'walk' },
            hillOf(walk),
            node('h2', {}, walk.name),
            node('p', { className: 'muted small' }, when(walk)),
            node('p', { className: 'small' }, countOf(walk)),
          ),
        ),
      ),
    ),
  ]
}

function one(walk) {
  const { isMine } = goingTo(walk)
  const join = node('button', { className: 'main' }, isMine ? 'I cannot come after all' : 'Count me in')
  join.disabled = bridge.context.member === null
  join.addEventListener('click', async () => {
    join.disabled = true
    try {
      await ask({ walk: walk.id, isGoing: !isMine })
      await bridge.toast(isMine ? 'Maybe the next one.' : `See you at ${walk.name}.`, 'success')
    } catch {
      join.disabled = false
      await bridge.toast('That did not work. Try again.', 'error')
    }
  })
  const tell = node('button', {}, 'Tell the others')
  tell.addEventListener('click', () => bridge.draft(`Who joins me for “${walk.name}” on ${when(walk)}?`))
  const map = node('button', {}, 'Map')
  map.addEventListener('click', () => bridge.open(`https://www.example.com/maps/${walk.id}`))
  return [
    node('p', { className: 'small' }, link('/', {}, 'All walks')),
    hillOf(walk),
    node('h1', { tabIndex: -1 }, walk.name),
    node(
      'dl',
      { className: 'facts' },
      ...[
        ['When', when(walk)],
        ['How far', number(walk.km, 'kilometer')],
        ['How high', number(walk.up, 'meter')],
        ['Who', countOf(walk)],
      ].flatMap(([term, text]) => [node('dt', {}, term), node('dd', {}, text)]),
    ),
    node('div', { className: 'ways' }, join, tell, map),
  ]
}

function draw() {
  document.documentElement.dir = bridge.context.dir
  const walk = walks.find(({ id }) => shown === `/${id}`)
  view.replaceChildren(...(walk ? one(walk) : list()))
  news.textContent = heard
    ? `${heard} new in the community since you came`
    : 'Nothing new in the community since you came'
}

bridge.on('route', show)
bridge.on('context', draw)
await bridge.subscribe('message.created', () => {
  heard++
  draw()
})
draw()
await ask().catch(() => {})
