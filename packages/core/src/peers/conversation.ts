// The codes that a shared protocol takes on one link, and which message each of them is.
import type { AnyCodec, MessageDefinition, Offer, Protocol, RequestDefinition } from '../wire/protocol.ts'

interface Message {
  readonly name: string
  readonly codec: AnyCodec
  readonly maxBytes: number
}

/** A question, or an answer to one of ours. */
export interface KnownExchange extends Message {
  readonly role: 'request' | 'answer'
  readonly request: RequestDefinition
}

export type KnownMessage = KnownExchange | (Message & { readonly role: 'message' })

/** An offer with its messages by code: made once per node and shared by all its peers. */
export interface OfferTable {
  readonly offer: Offer
  readonly byCode: ReadonlyMap<number, KnownMessage>
}

/** A shared protocol on one link. */
export interface Conversation {
  readonly table: OfferTable
  /** Where its codes begin on the wire, 16 or more. */
  readonly offset: number
}

export function createOfferTable(offer: Offer): OfferTable {
  const byCode = new Map<number, KnownMessage>()
  for (const [name, definition] of Object.entries(offer.protocol.messages)) {
    const { code, codec, maxBytes } = definition
    if (isRequest(definition)) {
      const { answer } = definition
      byCode.set(code, { name, role: 'request', codec, maxBytes, request: definition })
      const { codec: answerCodec, maxBytes: answerBytes } = answer
      byCode.set(answer.code, { name, role: 'answer', codec: answerCodec, maxBytes: answerBytes, request: definition })
    } else byCode.set(code, { name, role: 'message', codec, maxBytes })
  }
  return { offer, byCode }
}

export function isRequest(definition: MessageDefinition | RequestDefinition): definition is RequestDefinition {
  return 'answer' in definition
}

/** The conversation whose range holds a wire code. */
export function conversationOf(conversations: readonly Conversation[], code: number): Conversation | undefined {
  for (const conversation of conversations) {
    const own = code - conversation.offset
    if (own >= 0 && own < conversation.table.offer.protocol.length) return conversation
  }
  return undefined
}

interface Named {
  readonly name: string
  readonly version: number
}

/** The conversation about a protocol, where both sides share it. */
export function sharedConversation(conversations: readonly Conversation[], wanted: Named): Conversation | undefined {
  for (const conversation of conversations) {
    const { name, version } = conversation.table.offer.protocol
    if (name === wanted.name && version === wanted.version) return conversation
  }
  return undefined
}

export interface FoundDefinition {
  /** Where the protocol's codes begin on the wire. */
  readonly offset: number
  /** The protocol as this node offers it. */
  readonly own: Protocol
  readonly definition: MessageDefinition | RequestDefinition
}

/** One of a peer's messages by name. @throws {TypeError} when the protocol isn't shared or has no such message */
export function definitionOf(
  peer: { readonly conversations: readonly Conversation[]; toString(): string },
  wanted: Named,
  name: string,
): FoundDefinition {
  const conversation = sharedConversation(peer.conversations, wanted)
  if (!conversation) throw new TypeError(`${peer.toString()} doesn't share ${wanted.name}/${wanted.version}`)
  const own = conversation.table.offer.protocol
  const definition = own.messages[name]
  if (!definition) throw new TypeError(`${wanted.name} has no message "${name}"`)
  return { offset: conversation.offset, own, definition }
}
