/** What a framed page needs: `const bridge = await connect()`. */
export { BridgeError } from '../error.js'
export type {
  Context,
  ErrorCode,
  HeightMode,
  IdentityRequest,
  Methods,
  Rate,
  Reason,
  RouteChange,
  Shared,
  WireError,
} from '../protocol.js'
export type { CallOptions } from './calls.js'
export { type Bridge, type ConnectOptions, connect, type EventInfo, isEmbedded } from './connect.js'
export type { Identity } from './identity.js'
