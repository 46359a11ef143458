import { randomBytes } from 'node:crypto'
import { line } from '@rai/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { isOfConfig, readFirstPage } from '../api/widget/leaderboards.js'
import type { Config } from '../config.js'
import type { Tx } from '../db/database.js'
import { Failure } from '../domain/failure.js'
import { allowsOrigin, findKey, type Key } from '../domain/keys/keys.js'
import { findShownBoard, settingsOf, shownBoards } from '../domain/leaderboards/index.js'
import { storeOf } from '../domain/store/settings.js'
import type { Services } from '../http/context.js'
import { askerOf } from '../http/credential.js'
import { attributes, document } from './html.js'

/** A widget as a page of its own, for sites that frame rather than run scripts: what may stand in its address. */
const EmbedQuery = z.object({
  /** The publishable key: a name, not a secret. Tokens never stand in an address. */
  key: line(0, 200).optional(),
  board: line(0, 200).optional(),
  milestone: line(0, 200).optional(),
  network: line(0, 100).optional(),
  channel: line(0, 100).optional(),
  topic: line(0, 100).optional(),
  period: line(0, 100).optional(),
  category: line(0, 100).optional(),
  theme: line(0, 100).optional(),
  locale: line(0, 100).optional(),
})
type EmbedQuery = z.infer<typeof EmbedQuery>

interface Widget {
  tag: string
  title: string
  read(tx: Tx, key: Key, query: EmbedQuery, config: Config, now: Date): Promise<Reading>
}

const widgets: Record<string, Widget> = {
  leaderboard: { tag: 'rai-leaderboard', title: 'Leaderboard', read: readBoard },
  store: { tag: 'rai-store', title: 'Store', read: readStore },
  milestone: {
    tag: 'rai-milestone',
    title: 'Milestones',
    // What it shows is the viewer's own: a server has nothing to write for whoever comes.
    read: async (_, key, { milestone }) => ({ status: 200, framers: framers(key, []), named: { milestone }, html: '' }),
  },
  socials: {
    tag: 'rai-socials',
    title: 'Quests',
    read: async (_, key, { network }) => ({ status: 200, framers: framers(key, []), named: { network }, html: '' }),
  },
  channel: {
    tag: 'rai-channel',
    title: 'Channel',
    read: async (_, key, { channel, topic }) => ({
      status: 200,
      framers: framers(key, []),
      named: { channel, topic },
      html: '',
    }),
  },
}

/** Serves `/embed/leaderboard?key=rai_pk_…&board=…` and the like: the widget filling the frame. */
export function mountEmbed(app: FastifyInstance, services: Services): void {
  for (const [name, widget] of Object.entries(widgets)) mountWidget(app, services, `/embed/${name}`, widget)
}

function mountWidget(app: FastifyInstance, { config, database, clock }: Services, path: string, widget: Widget): void {
  app.get(path, async ({ query: given, headers }, reply) => {
    const nonce = randomBytes(18).toString('base64')
    const { data: query, success } = EmbedQuery.safeParse(given)
    const key = success ? await findKey(database, query.key ?? '', clock()) : undefined
    const lang = query?.locale ?? /^[a-z]+(-[a-z\d]+)*/i.exec(headers['accept-language'] ?? '')?.[0] ?? 'en'
    const read = (key: Key) =>
      database.tenant(key.community_id, (tx) => widget.read(tx, key, { ...query, locale: lang }, config, clock()))
    const page = !success
      ? errorPage(nonce, 400, 'The address is not one that this page can have.')
      : key?.kind === 'publishable'
        ? widgetPage(widget, query, await read(key), nonce, config)
        : errorPage(nonce, 404, 'The address names a key that is not known, or no longer good.')
    return reply
      .code(page.status)
      .type('text/html; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('Cross-Origin-Resource-Policy', 'cross-origin')
      .header('Content-Security-Policy', page.policy.join('; '))
      .send(document(page, lang, nonce))
  })
}

interface Page {
  status: number
  policy: string[]
  title: string
  style: string
  body: string
}

function widgetPage(
  { tag, title }: Widget,
  { key: text, theme, locale }: EmbedQuery,
  { status, framers, named, html }: Reading,
  nonce: string,
  { publicUrl, filesUrl }: Config,
): Page {
  const { origin } = new URL(publicUrl)
  const script = { src: `${publicUrl}/rai.js`, 'data-key': text, 'data-theme': theme, 'data-locale': locale }
  return {
    status,
    policy: [
      "default-src 'none'",
      `script-src 'nonce-${nonce}' 'strict-dynamic'`,
      `style-src 'nonce-${nonce}' ${origin}`,
      `connect-src ${origin}`,
      `img-src ${new URL(filesUrl).origin}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types rai-html',
      `frame-ancestors ${framers.join(' ') || "'none'"}`,
    ],
    title,
    style: `html, body, main { height: 100%; margin: 0 }
      html { color-scheme: ${theme === 'light' || theme === 'dark' ? theme : 'light dark'}; font-family: system-ui, sans-serif }
      ${tag} { --${tag}-height: 100%; height: 100% }`,
    body: `<main><${tag} loading="eager"${attributes(named)}>${html}</${tag}></main>
    <script async nonce="${nonce}"${attributes(script)}></script>`,
  }
}

/** Holds nothing but a sentence, so that any site may frame it: a refused frame would say less. */
function errorPage(nonce: string, status: number, why: string): Page {
  return {
    status,
    policy: ["default-src 'none'", `style-src 'nonce-${nonce}'`, "base-uri 'none'", "form-action 'none'"],
    title: 'Not available',
    style: `html { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
      body { display: grid; place-content: center; min-height: 100vh; margin: 0; text-align: center; text-wrap: balance }
      main { padding: 1.5rem }
      h1 { margin: 0; font-size: 1.125rem }
      p { margin: 0; opacity: .7 }`,
    body: `<main>
      <h1>This is not available</h1>
      <p>${why}</p>
    </main>`,
  }
}

/** Whether there is such a thing, who may frame the page, what the tag names, and what is written into it. */
interface Reading {
  status: 200 | 404
  framers: readonly string[]
  named: Record<string, string | undefined>
  html: string
}

async function readStore(tx: Tx, key: Key, { category }: EmbedQuery): Promise<Reading> {
  const { is_enabled: isEnabled } = await storeOf(tx)
  return { status: isEnabled ? 200 : 404, framers: framers(key, []), named: { category }, html: '' }
}

async function readBoard(tx: Tx, key: Key, query: EmbedQuery, config: Config, now: Date): Promise<Reading> {
  const principal = askerOf(key)
  // Named to the element, or it might choose another one than may be framed here.
  const board = query.board
    ? await findShownBoard(tx, query.board)
    : (await shownBoards(tx)).find((board) => isOfConfig(board, principal))
  // The element says so in its own words.
  const nothing: Reading = { status: 404, framers: framers(key, []), named: { board: query.board }, html: '' }
  if (!board) return nothing
  const params = { publishableKey: '', idOrSlug: board.id }
  const look = {
    period: board.periods.find((period) => period === query.period),
    theme: (['light', 'dark'] as const).find((theme) => theme === query.theme),
    locale: query.locale,
  }
  const { whitelistedDomains } = settingsOf(board).widget
  const named = { board: query.board ?? board.id, period: query.period }
  const shown = { status: 200, framers: framers(key, whitelistedDomains), named } as const
  try {
    const { html } = await readFirstPage({ tx, principal, params, now, deps: { config } }, look)
    return { ...shown, html }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // A board that visitors may not see is not there. What else there is, such as one that is being counted, passes.
    return error.code === 'not_found' ? nothing : { ...shown, html: '' }
  }
}

/** Only the sites that the key lists may frame the page, and of these only the board's, where it has a list of its own. */
function framers(key: Key, listed: readonly string[]): string[] {
  if (listed.length > 0) return listed.filter((origin) => allowsOrigin(key, origin))
  const local = ['localhost', '127.0.0.1'].flatMap((host) => [`http://${host}:*`, `https://${host}:*`])
  return [...key.origins, ...(key.test_mode ? local : [])]
}
