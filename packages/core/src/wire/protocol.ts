// What a subprotocol is, as types: the shapes that `defineProtocol` makes and that peers and the node read.
import type { PeerError } from '../errors/peer-error.ts'
import type { Exchange } from './exchange.ts'
import type { Peer } from './peer.ts'
import type { Mailboxes } from './mailbox.ts'

/** Turns a value into the payload of a message and back. */
export interface Codec<T> {
  encode(value: T): Uint8Array
  /**
   * `payload` is the receiver's own; views into it may be kept. Whatever this throws ends the peer with `invalid
   * message`.
   */
  decode(payload: Uint8Array): T
}

/** Any codec, whatever its value. */
export interface AnyCodec {
  encode(value: never): Uint8Array
  decode(payload: Uint8Array): unknown
}

/** One message of a protocol. */
export interface MessageDefinition<C extends AnyCodec = AnyCodec> {
  /** From 0 within the protocol; the wire adds the protocol's offset. */
  readonly code: number
  readonly codec: C
  /** Most bytes the decompressed payload may have. */
  readonly maxBytes: number
}

/** A message that asks, with the message that answers it. On the wire both are `[id, body]`. */
export interface AnswerDefinition<A extends AnyCodec = AnyCodec> extends MessageDefinition<A> {
  /** RLP items that the body is made of. */
  readonly items: number
}

export interface RequestDefinition<
  Q extends AnyCodec = AnyCodec,
  A extends AnyCodec = AnyCodec,
> extends MessageDefinition<Q> {
  readonly answer: AnswerDefinition<A>
  /** RLP items that the body of a question is made of. */
  readonly items: number
  /** Whether the answer can be one to this question; a text says why not, and ends the peer. */
  readonly fits?: ((question: never, answer: never) => true | string) | undefined
  /** How long to wait for the answer, in milliseconds. */
  readonly timeoutMs: number
  /** How both travel and find each other; `request` gives it. */
  readonly exchange: Exchange
}

export type Messages = Readonly<Record<string, MessageDefinition | RequestDefinition>>

/** The value a codec carries. */
export type ValueOf<D> = D extends { codec: { decode(payload: Uint8Array): infer T } } ? T : never
export type AnswerOf<D> = D extends { answer: infer A } ? ValueOf<A> : never

export type RequestNames<M extends Messages> = {
  [K in keyof M & string]: M[K] extends { answer: unknown } ? K : never
}[keyof M & string]
export type SendNames<M extends Messages> = Exclude<keyof M & string, RequestNames<M>>

export interface MessageContext {
  /** Aborts when the peer ends; its reason is the PeerError. */
  readonly signal: AbortSignal
}

/** What `later` is: no handler that is called, but one that says where messages wait. */
export interface Later {
  (): void
  readonly createMailboxes: (onRoom: () => void) => Mailboxes
}

/** Whether messages of this handler wait for whoever asks for them. */
export function isLater(handler: AnyHandler | undefined): handler is AnyHandler & Later {
  return handler !== undefined && 'createMailboxes' in handler
}

/** What a user does with messages. A returned promise holds back the next message of this peer until it settles. */
export type Handlers<M extends Messages> = {
  readonly [K in keyof M]?: M[K] extends { answer: unknown }
    ? (peer: Peer, question: ValueOf<M[K]>, context: MessageContext) => AnswerOf<M[K]> | Promise<AnswerOf<M[K]>>
    : (peer: Peer, value: ValueOf<M[K]>, context: MessageContext) => void | Promise<void>
}

/**
 * Told of each peer that shares the protocol, before its first message and after its last: `closed` once for each
 * call of `opened`, also when that threw.
 */
export interface ProtocolHooks {
  opened?(peer: Peer): void
  /**
   * Told of each message that came, answers too, before it is decoded; `code` is the protocol's own. For logs and
   * counters.
   */
  received?(peer: Peer, code: number, bytes: number): void
  closed?(peer: Peer, error: PeerError): void
}

/** A capability that a node can offer: name, version and typed messages. */
export interface Protocol<M extends Messages = Messages> {
  readonly name: string
  readonly version: number
  /** How many message codes it takes on the wire. */
  readonly length: number
  readonly messages: M
  /** Joins the protocol with what shall happen on its messages; the result is given to `createNode`. */
  with(handlers: Handlers<M>, hooks?: ProtocolHooks): Offer
}

/** A message handler without its types, as the peer calls it. */
export type AnyHandler = (peer: Peer, value: unknown, context: MessageContext) => unknown

/** A protocol together with its handlers. */
export interface Offer {
  readonly protocol: Protocol
  /** By name of the message. */
  readonly handlers: Readonly<Record<string, AnyHandler | undefined>>
  readonly hooks: ProtocolHooks
}
