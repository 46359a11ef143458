/**
 * What a good engineer writes by hand for the same log: plain text in rows of the same look, made once and kept by their
 * message; so many in the document as the element draws; pages of messages from the same API, asked for ahead; what one
 * reads kept in its place where rows come and go. It has no Markdown, no live changes, no keys, no reactions, no unread
 * line, and one language: these are not part of scrolling.
 */
export const handRolledLog = (messages: string, bearer: string): string => `<style>
  #log{position:relative;height:362px;overflow:hidden auto;overflow-anchor:none}
  .day{display:flex;margin:16px 0 4px;padding:0 16px;justify-content:center;color:#555;font-size:12px}
  .row{display:grid;grid-template-columns:36px minmax(0,1fr);gap:0 12px;margin-top:10px;padding:2px 16px;line-height:1.45}
  .row.more{margin-top:0}
  .row:hover{background:#f4f4f6}
  .avatar{display:inline-grid;place-items:center;width:36px;height:36px;border-radius:50%;background:hsl(var(--hue) 60% 88%);color:hsl(var(--hue) 60% 25%);font-size:12px;font-weight:650;line-height:1}
  .more .avatar{height:0;overflow:hidden}
  .head{display:flex;gap:8px;margin:0;line-height:1.35}
  .more .head{display:none}
  .name{overflow:hidden;font-weight:650;text-overflow:ellipsis;white-space:nowrap}
  time{color:#555;font-size:12px}
  .text{max-width:72ch;margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
</style>
<div id="log" role="log" tabindex="-1"></div>
<script>
  const source = ${JSON.stringify(messages)}, headers = { Authorization: 'Bearer ' + ${JSON.stringify(bearer)} }
  const most = 90, step = 30, pageSize = 50
  const log = document.querySelector('#log')
  const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short' }), day = new Intl.DateTimeFormat('en', { dateStyle: 'long' })
  const words = new Intl.Segmenter()
  let all = [], first = 0, last = 0, hasBefore = true, loading
  const initials = name => { const all = name.match(/[\\p{L}\\p{N}]+/gu) ?? [name]; return (all.length > 1 ? [all[0], all.at(-1)] : all).map(w => words.segment(w)[Symbol.iterator]().next().value?.segment).join('').toUpperCase() }
  const hue = id => { let sum = 0; for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0; return sum % 10 * 36 }
  const made = new WeakMap()
  function node(message, before) {
    let box = made.get(message)
    if (!box) {
      box = document.createElement('div')
      box.innerHTML = '<article class="row" tabindex="-1"><span class="avatar" aria-hidden="true"></span><div><p class="head"><bdi class="name"></bdi><time></time></p><p class="text" dir="auto"></p></div></article>'
      const [avatar] = box.getElementsByClassName('avatar'), [name] = box.getElementsByClassName('name'), [time] = box.getElementsByTagName('time'), [text] = box.getElementsByClassName('text')
      const at = new Date(message.createdAt)
      avatar.textContent = initials(message.author.name); avatar.style.setProperty('--hue', hue(message.author.id))
      name.textContent = message.author.name
      time.textContent = clock.format(at); time.dateTime = message.createdAt
      text.textContent = message.text
      made.set(message, box)
    }
    const at = new Date(message.createdAt), isDay = !before || new Date(before.createdAt).toDateString() !== at.toDateString()
    if (isDay && box.children.length === 1) {
      const line = document.createElement('p')
      line.className = 'day'; line.textContent = day.format(at)
      box.prepend(line)
    } else if (!isDay && box.children.length === 2) box.firstChild.remove()
    const isMore = !isDay && before.author.id === message.author.id && at - new Date(before.createdAt) < 300000
    box.lastChild.className = isMore ? 'row more' : 'row'
    return box
  }
  function draw(isAtEnd) {
    const top = log.getBoundingClientRect().top
    const anchor = isAtEnd ? undefined : [...log.children].find(box => box.getBoundingClientRect().bottom > top)
    const before = anchor?.getBoundingClientRect().bottom
    log.replaceChildren(...all.slice(first, last).map((message, n) => node(message, all[first + n - 1])))
    if (isAtEnd) log.scrollTop = log.scrollHeight
    else if (anchor?.isConnected) log.scrollTop += anchor.getBoundingClientRect().bottom - before
  }
  function scrolled() {
    if (log.scrollTop >= log.clientHeight * 1.5) return
    if (first <= step) load()
    if (first === 0) return
    first = Math.max(0, first - step); last = Math.min(last, first + most)
    draw()
  }
  async function load() {
    if (loading || !hasBefore) return
    loading = true
    const before = all[0] ? '&before=' + all[0].id : ''
    const answer = await (await fetch(source + '?limit=' + pageSize + before, { headers })).json()
    const isFirst = all.length === 0
    all = [...answer.items, ...all]; hasBefore = answer.hasBefore
    first += answer.items.length; last += answer.items.length
    if (isFirst) first = 0
    loading = false
    draw(isFirst)
    scrolled()
  }
  log.addEventListener('scroll', scrolled, { passive: true })
  load()
</script>`
