// The club's own page around channels: a list of them, each in an element of its own that stays when another is shown, an
// address for where one is, and a place for what a page of others would have one say.
const { api, key } = document.body.dataset
const rooms = document.querySelector('#rooms')
const room = document.querySelector('#room')
const draft = document.querySelector('#draft')

/** As the club's list has them: what a channel is for. */
const icons = {
  announcement: 'M4 10v4h3l9 5V5L7 10H4ZM19 9.5a4 4 0 0 1 0 5',
  forum: 'M4 5h16v11H9l-5 4V5ZM8 9.5h8M8 12.5h5',
  direct: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0',
  iframe: 'M4 5h16v14H4V5ZM4 9h16M7 7h.01',
}
const hash = 'M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16'

let channels = []
let chosen
const elements = new Map()

const slugOf = ({ topic }) => topic.toLowerCase().replaceAll(' ', '-')
const token = async () => {
  const answer = await fetch('/token')
  return answer.status === 200 ? (await answer.json()).data.embedToken : null
}

async function ask(path, options = {}) {
  const answer = await fetch(`${api}/widget/v1/${key}/${path}`, {
    ...options,
    headers: { ...options.headers, Authorization: `Bearer ${await token()}` },
  })
  if (!answer.ok) throw new Error(`${answer.status}`)
  return answer.json()
}

/** Where the address is: a channel, and a place in its page. */
function place() {
  const [slug, ...path] = decodeURIComponent(location.hash.slice(1)).split('/')
  return { channel: channels.find((one) => slugOf(one) === slug) ?? channels[0], route: `/${path.join('/')}` }
}

function draw() {
  rooms.replaceChildren(
    ...channels.map((channel) => {
      const link = document.createElement('a')
      link.href = `#${slugOf(channel)}`
      if (channel === chosen) link.setAttribute('aria-current', 'page')
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
      svg.setAttribute('viewBox', '0 0 24 24')
      svg.setAttribute('aria-hidden', 'true')
      path.setAttribute('d', icons[channel.type] ?? hash)
      svg.append(path)
      const name = Object.assign(document.createElement('bdi'), { className: 'name', textContent: channel.topic })
      link.append(svg, name)
      if (channel.unread && channel !== chosen) {
        const unread = document.createElement('span')
        unread.className = 'unread'
        unread.textContent = channel.unread > 99 ? '99+' : channel.unread
        unread.setAttribute('aria-label', `${channel.unread} new`)
        link.append(unread)
      }
      const item = document.createElement('li')
      item.append(link)
      return item
    }),
  )
}

/** Shows a channel. Those that were shown before are hidden and stay as they are: no page of theirs is loaded again. */
function show() {
  const { channel, route } = place()
  chosen = channel
  const id = channel?.id ?? ''
  if (!elements.has(id)) {
    const element = document.createElement('rai-channel')
    if (id) element.setAttribute('channel', id)
    const signIn = Object.assign(document.createElement('a'), {
      slot: 'sign-in',
      href: '#member',
      textContent: 'Sign in to come in',
    })
    element.append(signIn)
    elements.set(id, element)
    room.append(element)
  }
  for (const [other, element] of elements) element.hidden = other !== id
  if (channel?.type === 'iframe') elements.get(id).setAttribute('route', route)
  draw()
}

async function load() {
  try {
    const selected = chosen?.id
    channels = (await ask('channels')).items
    chosen = channels.find(({ id }) => id === selected)
  } catch {
    // Nobody is signed in, or there is no way to the server: the element says so.
  }
}

addEventListener('hashchange', show)
addEventListener('rai-navigate', ({ target, path, isReplacing }) => {
  if (target !== elements.get(chosen?.id)) return
  const address = `#${slugOf(chosen)}${path === '/' ? '' : path}`
  target.setAttribute('route', path)
  if (isReplacing || address === location.hash) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
})
addEventListener('popstate', show)

addEventListener('rai-unread-change', ({ target, count }) => {
  const channel = channels.find(({ id }) => elements.get(id) === target)
  if (!channel) return
  channel.unread = count
  draw()
})

addEventListener('rai-draft', (event) => {
  const target = channels.find(({ topic }) => topic === 'Trail talk') ?? channels.find(({ may }) => may.post)
  if (!target) return
  event.preventDefault()
  draft.querySelector('#draft-room').textContent = target.topic
  draft.querySelector('#draft-text').value = event.text
  draft.querySelector('#draft-said').textContent = ''
  draft.dataset.channel = target.id
  draft.showModal()
})
draft.addEventListener('submit', async (event) => {
  if (event.submitter?.value !== 'send') return
  event.preventDefault()
  const { value } = draft.querySelector('#draft-text')
  try {
    await ask(`channels/${draft.dataset.channel}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: value }),
    })
    draft.close()
    location.hash = slugOf(channels.find(({ id }) => id === draft.dataset.channel))
  } catch {
    draft.querySelector('#draft-said').textContent = 'That did not work. Try again.'
  }
})

await load()
show()
setInterval(async () => {
  if (document.visibilityState !== 'visible' || channels.length === 0) return
  await load()
  draw()
}, 15_000)
