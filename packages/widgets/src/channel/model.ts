import { ApiError, type Channel, errorOf, type Loadable } from '@rai/stores'
import type { Mode } from './scene.js'

/** What an element is told, by its page and its store. */
interface Told {
  /** What address, key and the channel's id together. */
  subject: string
  channel: Loadable<Channel | null> | undefined
}

/** What is shown. */
export interface Model {
  subject: string
  /** Null for a guest; undefined until it is known. */
  channel?: Channel | null | undefined
  /** Why there is nothing to show. */
  failure?: ApiError | undefined
  /** What failed last, whether or not there is something to show. */
  error?: ApiError | undefined
}

export const nothingKnown: Model = { subject: '' }

/** Decides what to show by what is known now, and by what was shown before. */
export function decide(last: Model, { subject, channel: told }: Told): Model {
  const error = told && errorOf(told)
  let channel = last.subject === subject ? last.channel : undefined
  // Who may see it no longer sees it no longer.
  if (told?.state === 'ready') channel = error?.refused ? undefined : told.value
  // While a person changes, nothing of the former one stays.
  else if (told) channel = undefined
  return { subject, channel, failure: channel === undefined ? error : undefined, error }
}

/** The code of a mode could not be had. */
const noCode = new ApiError('network')

/** How far a mode is: the code that draws it, and what it draws. */
export function standOf(mode: { value: Mode | undefined; pending: boolean }) {
  const { value, pending } = mode
  if (!value) return { isPending: pending, failure: pending ? undefined : noCode, isEmpty: false }
  const { state, isEmpty } = value
  return {
    isPending: !state || state.state === 'initial' || state.state === 'pending',
    failure: state?.state === 'failed' ? state.error : undefined,
    error: state && errorOf(state),
    stale: state?.state === 'ready' && state.stale ? state.at : undefined,
    isEmpty,
  }
}
