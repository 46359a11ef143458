import type { Message } from '../types.js'

/** So many messages are kept: what is farther away than these is asked for again when somebody goes there. */
const mostKept = 1000

/** Messages that follow each other in a channel, without a gap between them. */
export interface Talk {
  /** In the order of the channel. */
  messages: readonly Message[]
  /** Whether there is more before the first, and after the last. */
  hasBefore: boolean
  hasAfter: boolean
}

export const silence: Talk = { messages: [], hasBefore: false, hasAfter: false }

/** The object that was there, when nothing about it changed: what draws it sees that at a glance. */
const kept = (before: Message | undefined, message: Message): Message =>
  before && JSON.stringify(before) === JSON.stringify(message) ? before : message

/** Takes a page in at one end, or over what it overlaps with, and lets go of what is too much at the other. */
export function join(talk: Talk, page: Talk, end: 'before' | 'after'): Talk {
  const known = new Map(talk.messages.map((message) => [message.id, message]))
  for (const message of page.messages) known.set(message.id, kept(known.get(message.id), message))
  const messages = [...known.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const isMuch = messages.length > mostKept
  return end === 'before'
    ? {
        messages: messages.slice(0, mostKept),
        hasBefore: page.hasBefore,
        hasAfter: talk.hasAfter || isMuch,
      }
    : {
        messages: messages.slice(-mostKept),
        hasBefore: talk.hasBefore || isMuch,
        hasAfter: page.hasAfter,
      }
}

/** Puts what was asked for again in its place. Null stands for what is there no longer: its place stays. */
export function replace(talk: Talk, answers: ReadonlyMap<string, Message | null>, now: string): Talk {
  const messages = talk.messages.map((message) => {
    const answer = answers.get(message.id)
    if (answer === null) return gone(message, now)
    if (answer) return kept(message, answer)
    const { replyTo } = message
    const quoted = replyTo ? answers.get(replyTo.id) : undefined
    if (!replyTo || quoted === undefined) return message
    const text = quoted ? shortText(quoted) : ''
    return quoted && text.startsWith(replyTo.text) ? message : { ...message, replyTo: { ...replyTo, text } }
  })
  return { ...talk, messages }
}

/** What a message says where there is room for few words: its text, or else what its files are called. */
export const shortText = ({ text, attachments }: Pick<Message, 'text' | 'attachments'>): string =>
  text || attachments.map(({ name }) => name).join(', ')

const gone = (message: Message, now: string): Message =>
  message.deletedAt
    ? message
    : {
        ...message,
        text: '',
        reactions: [],
        mentions: [],
        attachments: [],
        cards: [],
        replyTo: null,
        isPinned: false,
        deletedAt: now,
      }
