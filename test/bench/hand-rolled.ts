/**
 * What a good engineer writes by hand for the same list: a pool of rows, as many as the element draws, that are moved by
 * transforms and written to only where something changed; pages of rows from the same API, asked for ahead; rows of the
 * same look, with initials, ties, and the same roles and attributes. It may keep its nodes in any order in the document,
 * and has no live changes, no keys, no languages, no podium and no own row: these are not part of scrolling.
 */
export const handRolled = (rows: string): string => `<style>
  #list{position:relative;height:362px;overflow:auto}
  #space{position:relative;contain:strict}
  .row{position:absolute;inset:0 0 auto;display:grid;grid-template-columns:minmax(calc(7*1ch + 2px),max-content) minmax(0,1fr) auto;gap:12px;align-items:center;box-sizing:border-box;height:48px;padding:0 16px;border-bottom:1px solid #e4e4e8;line-height:1.6;contain:strict}
  .row:hover{background:#f4f4f6}
  .rank{color:#555;font-size:13px;text-align:center;font-variant-numeric:tabular-nums}
  .who{display:flex;gap:10px;align-items:center;min-width:0}
  .avatar{display:inline-grid;flex:none;place-items:center;width:32px;height:32px;border-radius:50%;background:hsl(var(--hue) 60% 88%);color:hsl(var(--hue) 60% 25%);font-size:12px;font-weight:650;line-height:1}
  .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-weight:500}
  .score{font-weight:500;text-align:end;font-variant-numeric:tabular-nums}
  .loading .name,.loading .score{width:5em;height:.8em;border-radius:6px;background:#0002}
</style>
<div id="list" role="table" tabindex="-1"><div id="space" role="rowgroup"></div></div>
<script>
  const rows = ${JSON.stringify(rows)}
  const rowHeight = 48, pageSize = 100, extra = 5
  const list = document.querySelector('#list'), space = document.querySelector('#space')
  const number = new Intl.NumberFormat('en'), words = new Intl.Segmenter()
  const pages = new Map()
  let total = 0, timer, pool = []
  const make = () => {
    const row = space.appendChild(document.createElement('div'))
    row.className = 'row'; row.setAttribute('role', 'row'); row.tabIndex = -1
    row.innerHTML = '<span class="rank" role="cell"></span><span class="who" role="rowheader"><span class="avatar" aria-hidden="true"></span><bdi class="name"></bdi></span><span class="score" role="cell"></span>'
    const [rank, who, score] = row.children
    return { row, rank: rank, avatar: who.children[0], name: who.children[1], score, position: 0, item: undefined }
  }
  const initials = name => { const all = name.match(/[\\p{L}\\p{N}]+/gu) ?? [name]; return (all.length > 1 ? [all[0], all.at(-1)] : all).map(w => words.segment(w)[Symbol.iterator]().next().value?.segment).join('').toUpperCase() }
  const hue = id => { let sum = 0; for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0; return sum % 10 * 36 }
  function fill(slot, position) {
    const item = pages.get(Math.floor((position - 1) / pageSize))?.[(position - 1) % pageSize]
    if (slot.position !== position) {
      slot.position = position
      slot.row.style.transform = 'translateY(' + (position - 1) * rowHeight + 'px)'
      slot.row.setAttribute('aria-rowindex', position + 1)
    } else if (slot.item === item) return
    if (item) {
      slot.row.className = 'row'
      slot.rank.textContent = (item.tied ? '=' : '') + number.format(item.rank)
      slot.avatar.textContent = initials(item.member.name)
      slot.avatar.style.setProperty('--hue', hue(item.member.id))
      slot.name.textContent = slot.name.title = item.member.name
      slot.score.textContent = number.format(item.score)
    } else if (slot.item !== item || !slot.drawn) {
      slot.row.className = 'row loading'
      slot.rank.textContent = slot.avatar.textContent = slot.name.textContent = slot.score.textContent = ''
    }
    slot.drawn = true
    slot.item = item
  }
  function draw() {
    const seen = Math.ceil(list.clientHeight / rowHeight) + 1
    const first = Math.max(1, Math.floor(list.scrollTop / rowHeight) + 1 - extra), last = Math.min(total, first + seen + 2 * extra - 1)
    while (pool.length < Math.min(total, seen + 2 * extra)) pool.push(make())
    for (let p = first; p <= last; p++) fill(pool[p % pool.length], p)
    for (let page = Math.floor(Math.max(0, first - 31) / pageSize); page <= Math.floor(Math.min(total - 1, last + 29) / pageSize); page++)
      if (!pages.has(page)) timer ??= setTimeout(load, 100)
  }
  async function load() {
    const first = Math.floor(list.scrollTop / rowHeight), seen = Math.ceil(list.clientHeight / rowHeight) + 1
    const wanted = [...new Set([first - extra - 30, first + seen + extra + 30].map(at => Math.max(0, Math.floor(at / pageSize))))].filter(page => !pages.has(page))
    await Promise.all(wanted.map(async page => {
      const answer = await (await fetch(rows + '?from=' + (page * pageSize + 1) + '&limit=' + pageSize)).json()
      pages.set(page, answer.items)
      total = answer.total
      space.style.height = total * rowHeight + 'px'
    }))
    timer = undefined
    draw()
  }
  list.addEventListener('scroll', draw, { passive: true })
  load()
</script>`
