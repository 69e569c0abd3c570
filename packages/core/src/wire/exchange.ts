// Questions and answers as a value that `request` puts into its definitions, so that a program which asks nothing and
// answers nothing doesn't load how it is done.
import type { Clock } from '../base/clock.ts'
import { unwrapBody, wrapBody } from './envelope.ts'
import type { RequestBounds } from './requests.ts'
import { Requests } from './requests.ts'

export interface Exchange {
  /** What keeps one peer's open questions; ids are counted from `firstId`. */
  createRequests(clock: Clock, bounds: RequestBounds, firstId: number): Requests
  /** `[id, body]` of an encoded body. */
  wrap(id: bigint, body: Uint8Array): Uint8Array
  /** @throws {PeerError} `invalid message` when it isn't `[id, body]` */
  unwrap(payload: Uint8Array): { readonly id: bigint; readonly body: Uint8Array }
}

export const exchange: Exchange = {
  createRequests: (clock, bounds, firstId) => new Requests(clock, bounds, firstId),
  wrap: wrapBody,
  unwrap: unwrapBody,
}
