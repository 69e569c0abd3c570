// Questions and answers as a value that `request` puts into its definitions, so that a program which asks nothing and
// answers nothing doesn't load how it is done.
import type { Clock } from '../base/clock.ts'
import { unwrapAnswer, unwrapBody, wrapBody, wrapRefusal } from './envelope.ts'
import type { RequestOptions } from './peer.ts'
import { checkedSize, encodeValue } from './prepared.ts'
import type { AnswerDefinition, RequestDefinition } from './protocol.ts'
import type { Question, RequestBounds } from './requests.ts'
import { Requests } from './requests.ts'

/** The peer, as it asks and answers. */
export interface Asked {
  /** Its open questions. */
  useRequests(exchange: Exchange): Requests
  reply(code: number, payload: Uint8Array): Promise<void>
}

export interface Exchange {
  /** What keeps the open questions to one peer, `owner`; ids are counted from `firstId`. */
  createRequests(owner: object, clock: Clock, bounds: RequestBounds, firstId: number): Requests
  /** Asks with this code on the wire. @throws {RangeError | TypeError} naming the message, for what can't be asked */
  ask(peer: Asked, asked: Question, code: number, options: RequestOptions | undefined): Promise<unknown>
  /** An answer of that form has come; `code` is the protocol's own. @throws {PeerError} */
  answered(peer: Asked, answer: AnswerDefinition, payload: Uint8Array, decode: (body: Uint8Array) => unknown): void
  /** Answers a question with this code on the wire; `what` names it. @throws {PeerError} when it isn't `[id, body]` */
  respond(peer: Asked, code: number, payload: Uint8Array, steps: Responding): Promise<void>
}

/** How a question is answered. */
export interface Responding {
  /** Names protocol and message. */
  readonly what: string
  readonly definition: RequestDefinition
  /** What the handler makes of the body; absent where there is none. */
  readonly handle: ((body: Uint8Array) => unknown) | undefined
  /** Whether nobody wants the answer any more. */
  isOver(): boolean
}

export const exchange: Exchange = {
  createRequests: (owner, clock, bounds, firstId) => new Requests(owner, clock, bounds, firstId),
  ask: (peer, asked, code, options) => {
    const { what, definition, value } = asked
    const body = encodeValue(what, definition.codec, value)
    const send = (id: bigint): void => void peer.reply(code, checkedSize(what, wrapBody(id, body), definition))
    return peer.useRequests(exchange).ask(asked, send, options)
  },
  answered: (peer, { code, items }, payload, decode) => {
    const { id, body } = unwrapAnswer(payload, items)
    const requests = peer.useRequests(exchange)
    if (body) requests.answer(id, code, () => decode(body))
    else requests.refused(id, code)
  },
  respond: async (peer, code, payload, { what, definition, handle, isOver }) => {
    const { answer, items } = definition
    const { id, body } = unwrapBody(payload, items)
    if (!handle) return await peer.reply(code, wrapRefusal(id))
    const value = await handle(body)
    if (isOver()) return
    const named = `${what} (answer)`
    await peer.reply(code, checkedSize(named, wrapBody(id, encodeValue(named, answer.codec, value)), answer))
  },
}
