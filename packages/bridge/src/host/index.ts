/** What a page that frames others needs: `createHost({ frame, src, … })`. */
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
  WireIdentity,
} from '../protocol.js'
export { createHost, type Host, type HostOptions, type HostState } from './host.js'
export type { CallContext, HostMethods, Method } from './methods.js'
export type { Limits } from './session.js'
export { allowOf, sandboxOf } from './walls.js'
