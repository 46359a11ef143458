import { atom, onMount, type ReadableAtom } from 'nanostores'
import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import type { ApiError, FailureCode } from '../shared/failures.js'
import { readList, writeList } from '../shared/kept.js'
import { serverNow } from '../shared/server-clock.js'
import type { Message } from '../types.js'
import { viewer } from '../viewer.js'
import type { Upload } from './uploads.js'

/** What stands where something is answered. */
export type Quoted = NonNullable<Message['replyTo']>

/** A message on its way. */
export interface Outgoing {
  /** What this page calls it: however often it is sent, it is said once. */
  clientId: string
  text: string
  replyTo: Quoted | null
  /** What it carries: it waits for that. It is sent as long as the page lives: no device keeps files for another. */
  files?: readonly Upload[]
  /** When it was written, in milliseconds by the server's clock. */
  at: number
  /** `sent`: the server has it, and it is among the messages or about to be. */
  state: 'waiting' | 'sending' | 'failed' | 'sent'
  /** Why it failed. */
  code?: FailureCode | undefined
  /** The message that it became. */
  id?: string | undefined
}

export interface Outbox {
  /** In the order in which it was written: so it is sent. */
  $outgoing: ReadableAtom<readonly Outgoing[]>
  /** When the viewer may speak again, in milliseconds by the server's clock; 0 for now. */
  $freeAt: ReadableAtom<number>
  /** @param pause How long the channel makes the viewer wait after a message, in seconds. */
  send(text: string, replyTo?: Quoted | null, pause?: number, files?: readonly Upload[]): void
  /** Sends again what failed, in the same place of the order. */
  retry(clientId: string): void
  /** Lets go of it: answers it, to write it anew. */
  drop(clientId: string): Outgoing | undefined
  /** What came back among the messages is no longer on its way. */
  arrived(messages: readonly Message[]): void
}

const sample = { id: '', text: '', createdAt: '' }
const sendRoute = 'POST /widget/v1/{publishableKey}/channels/{channelId}/messages'
const replyRoute = 'POST /widget/v1/{publishableKey}/messages/{messageId}/replies'
/** After a failure that may pass it is tried again after so long, then after twice as long, and so on. */
const firstWait = 2000
const longestWait = 30_000

/**
 * What a member says in a channel goes out one after the other, in order, and stays on the device until the server has it:
 * a page that was offline or loaded anew goes on where it stopped. What was sent twice is one message, by its client id.
 * @param onSent The server has something new.
 */
export function createOutbox(
  environment: Environment,
  { channelId, topicId }: { channelId: string; topicId?: string | undefined },
  onSent: () => void,
): Outbox {
  const client = clientOf(environment)
  const $outgoing = atom<readonly Outgoing[]>([])
  const $freeAt = atom(0)
  let memberId: string | undefined
  let isBusy = false
  let failures = 0
  let planned: (() => void) | undefined

  /** For every tab: one that is opened later sends what this one could not. */
  const place = () => ['localStorage', `rai.channel.outbox ${memberId} ${channelId} ${topicId ?? ''}`] as const
  const keep = (change: (kept: readonly Outgoing[]) => readonly Outgoing[]) => {
    if (memberId) writeList(environment, ...place(), change(readList<Outgoing>(environment, ...place())))
  }
  const forget = (clientId: string) => keep((kept) => kept.filter((one) => one.clientId !== clientId))
  const change = (clientId: string, to: Partial<Outgoing>) =>
    $outgoing.set($outgoing.value.map((one) => (one.clientId === clientId ? { ...one, ...to } : one)))

  /** Goes on after a while, or as soon as there is a network. */
  function plan(ms: number) {
    planned?.()
    planned = environment.after(ms, () => {
      planned = undefined
      void goOn()
    })
  }

  async function goOn(): Promise<void> {
    const next = $outgoing.value.find(({ state }) => state === 'waiting')
    if (isBusy || planned || !next) return
    isBusy = true
    const { clientId, text, replyTo, files = [] } = next
    change(clientId, { state: 'sending' })
    try {
      const attachments = await Promise.all(files.map((file) => file.sent()))
      const said = { text, clientId, ...(files.length && { attachments }) }
      const message = replyTo
        ? await client.send(replyRoute, sample, { params: { messageId: replyTo.id }, body: said })
        : await client.send(sendRoute, sample, { params: { channelId }, body: { ...said, topicId } })
      failures = 0
      forget(clientId)
      change(clientId, { state: 'sent', id: message.id })
      onSent()
    } catch (thrown) {
      const { refused, code, retryAfter } = thrown as ApiError
      if (refused) {
        change(clientId, { state: 'failed', code })
        keep((kept) => kept.map((one) => (one.clientId === clientId ? { ...one, state: 'failed', code } : one)))
      } else {
        change(clientId, { state: 'waiting', code })
        const wait = retryAfter ?? Math.min(firstWait * 2 ** failures++, longestWait)
        if (code === 'slow_mode') $freeAt.set(serverNow(environment) + wait)
        plan(wait)
      }
    }
    isBusy = false
    await goOn()
  }

  function again() {
    planned?.()
    planned = undefined
    void goOn()
  }

  /** What an earlier page could not send. */
  function takeUp(id: string) {
    if (id === memberId) return
    // What one person wrote, another does not send.
    if (memberId) $outgoing.set([])
    memberId = id
    const here = $outgoing.value
    const known = new Set(here.map(({ clientId }) => clientId))
    const left = readList<Outgoing>(environment, ...place()).filter(({ clientId }) => !known.has(clientId))
    $outgoing.set([
      ...left.map((one): Outgoing => (one.state === 'failed' ? one : { ...one, state: 'waiting' })),
      ...here,
    ])
    keep((kept) => [
      ...kept,
      ...here.filter(({ clientId, files }) => !files && !kept.some((one) => one.clientId === clientId)),
    ])
    again()
  }

  onMount($outgoing, () => {
    const leave = [
      viewer(environment).$viewer.subscribe((state) => {
        if (state.state === 'ready' && state.value) takeUp(state.value.member.id)
      }),
      environment.$online.listen((online) => online && again()),
    ]
    return () => {
      for (const stop of leave) stop()
    }
  })

  return {
    $outgoing,
    $freeAt,
    send(text, replyTo = null, pause = 0, files = []) {
      const at = serverNow(environment)
      const one: Outgoing = { clientId: environment.randomId(), text, replyTo, at, state: 'waiting' }
      if (files.length) one.files = files
      $outgoing.set([...$outgoing.value, one])
      if (!one.files) keep((kept) => [...kept, one])
      if (pause) $freeAt.set(at + pause * 1000)
      void goOn()
    },
    retry(clientId) {
      change(clientId, { state: 'waiting', code: undefined })
      keep((kept) => kept.map((one) => (one.clientId === clientId ? { ...one, state: 'waiting' } : one)))
      again()
    },
    drop(clientId) {
      const one = $outgoing.value.find((other) => other.clientId === clientId)
      $outgoing.set($outgoing.value.filter((other) => other !== one))
      forget(clientId)
      return one
    },
    arrived(messages) {
      const isOn = ({ state, id, clientId }: Outgoing) =>
        !messages.some((message) => message.clientId === clientId || (state === 'sent' && message.id === id))
      const left = $outgoing.value.filter(isOn)
      if (left.length === $outgoing.value.length) return
      for (const one of $outgoing.value) if (!left.includes(one)) forget(one.clientId)
      $outgoing.set(left)
    },
  }
}
