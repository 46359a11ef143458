import { clientOf } from '../shared/client.js'
import type { Environment } from '../shared/environment.js'
import type { ChannelToken } from '../types.js'

/** What a page that asks for a token wants in it. */
export interface TokenRequest {
  /** Whom it is for. Default: the channel's app. */
  audience?: string | undefined
  /** From the page's back-end, for one exchange. */
  nonce?: string | undefined
  /** Of the page that asks. */
  origin?: string | undefined
}

/** A token by which the back-end of an iframe channel's page knows who looks at it. Rejects with an ApiError. */
export const channelToken = (
  environment: Environment,
  channelId: string,
  { audience, nonce, origin }: TokenRequest,
  signal: AbortSignal,
): Promise<ChannelToken> =>
  clientOf(environment).send(
    'POST /widget/v1/{publishableKey}/channels/{channelId}/token',
    { token: '', expiresIn: 0 },
    { params: { channelId }, body: { audience, nonce, origin }, signal },
  )
