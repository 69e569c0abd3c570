// Questions and answers as a value that `request` puts into its definitions, so that a program which asks nothing and
// answers nothing doesn't load how it is done.
import type { Clock } from '../base/clock.ts'
import { unwrapAnswer, unwrapBody, wrapBody, wrapRefusal } from './envelope.ts'
import type { RequestBounds } from './requests.ts'
import { Requests } from './requests.ts'

export interface Exchange {
  /** What keeps the open questions to one peer, `owner`; ids are counted from `firstId`. */
  createRequests(owner: object, clock: Clock, bounds: RequestBounds, firstId: number): Requests
  /** `[id, body]` of an encoded body. */
  wrap(id: bigint, body: Uint8Array): Uint8Array
  /** @throws {PeerError} `invalid message` when it isn't `[id, body]` */
  unwrap(payload: Uint8Array): { readonly id: bigint; readonly body: Uint8Array }
  /** `[id]`: what answers a question that has no handler. */
  refuse(id: bigint): Uint8Array
  /** An answer; without a body it is a refusal. @throws {PeerError} `invalid message` when it is neither */
  unwrapAnswer(payload: Uint8Array): { readonly id: bigint; readonly body: Uint8Array | undefined }
}

export const exchange: Exchange = {
  createRequests: (owner, clock, bounds, firstId) => new Requests(owner, clock, bounds, firstId),
  wrap: wrapBody,
  unwrap: unwrapBody,
  refuse: wrapRefusal,
  unwrapAnswer,
}
