// The messages of inv/1: what kinds a node has, inv, getdata, item, notfound.
import { encodeRlp } from '../wire/rlp-writer.ts'
import { readRlp } from '../wire/rlp.ts'
import { rlpError } from '../wire/rlp-header.ts'
import { bytesOf, listOf, textOf, uintOf } from '../wire/rlp-values.ts'
import type { Codec, MessageDefinition, Protocol } from '../wire/protocol.ts'
import { defineProtocol, message } from './define-protocol.ts'

/** Most ids in an inv that comes; Bitcoin's figure. Ours have no more than 1,000. */
export const MAX_INV = 50_000
/** Most ids in a getdata or a notfound. */
export const MAX_ASKED = 1000
/** Most kinds that one node may list. */
export const MAX_KINDS = 64
/** Most bytes of a kind's name. */
export const MAX_NAME_BYTES = 32
/** Past the greatest number of a kind. */
export const KINDS_END = 0x1_0000

const ID_BYTES = 32
/** An id with its RLP header. */
const ID_ITEM_BYTES = 33
/** The kind's number and the headers of two lists, generously. */
const AROUND_BYTES = 16
/** The kind's number, an age and the headers around an item, generously. */
const AROUND_ITEM_BYTES = 24
/** Items that a later version may add at the end of a list. */
const LATER_ITEMS = 16

/** What a node calls a kind. */
export interface NamedKind {
  readonly number: number
  readonly name: string
}

/** Ids of one kind, 32 bytes each. What is decoded are views. */
export interface Ids {
  readonly kind: number
  readonly ids: readonly Uint8Array[]
}

export interface SentItem {
  readonly kind: number
  readonly bytes: Uint8Array
  /** Milliseconds since it was published, as far as its sender knows; 0 when it doesn't say. */
  readonly ageMs?: number | undefined
}

/** A type alias, because an interface is no record of messages. */
export type InvMessages = {
  readonly kinds: MessageDefinition<Codec<readonly NamedKind[]>>
  readonly inv: MessageDefinition<Codec<Ids>>
  readonly getdata: MessageDefinition<Codec<Ids>>
  readonly item: MessageDefinition<Codec<SentItem>>
  readonly notfound: MessageDefinition<Codec<Ids>>
}

const kindsCodec: Codec<readonly NamedKind[]> = {
  encode: (kinds) => encodeRlp(kinds.map(({ number, name }) => [number, name])),
  decode: (payload) => {
    const items = listOf(readRlp(payload, { maxItems: 3 * MAX_KINDS + LATER_ITEMS, maxDepth: 2 }))
    if (items.length > MAX_KINDS) throw rlpError(`${items.length} kinds, at most ${MAX_KINDS}`)
    return items.map((item) => {
      const [number, name] = listOf(item, 2)
      return { number: kindOf(number), name: textOf(name, MAX_NAME_BYTES) }
    })
  },
}

const itemCodec: Codec<SentItem> = {
  encode: ({ kind, bytes, ageMs }) => encodeRlp(ageMs === undefined ? [kind, bytes] : [kind, bytes, ageMs]),
  decode: (payload) => {
    const [kind, bytes, ageMs] = listOf(readRlp(payload, { maxItems: LATER_ITEMS, maxDepth: 1 }), 2)
    return { kind: kindOf(kind), bytes: bytesOf(bytes), ageMs: ageMs === undefined ? 0 : uintOf(ageMs) }
  },
}

function idsCodec(most: number): Codec<Ids> {
  return {
    encode: ({ kind, ids }) => encodeRlp([kind, ids]),
    decode: (payload) => {
      const [kind, list] = listOf(readRlp(payload, { maxItems: most + LATER_ITEMS, maxDepth: 2 }), 2)
      const ids = listOf(list)
      if (ids.length > most) throw rlpError(`${ids.length} ids, at most ${most}`)
      return { kind: kindOf(kind), ids: ids.map((id) => bytesOf(id, ID_BYTES)) }
    },
  }
}

function kindOf(item: Parameters<typeof uintOf>[0]): number {
  const number = uintOf(item)
  if (number >= KINDS_END) throw rlpError(`kind ${number} is past ${KINDS_END - 1}`)
  return number
}

/**
 * `inv/1` for items of at most `maxItemBytes`.
 *
 * @see docs/protocols/inv-1.md
 */
export function invProtocol(maxItemBytes: number): Protocol<InvMessages> {
  const asked = { maxBytes: MAX_ASKED * ID_ITEM_BYTES + AROUND_BYTES }
  return defineProtocol<InvMessages>({
    name: 'inv',
    version: 1,
    messages: {
      kinds: message(0, kindsCodec, { maxBytes: MAX_KINDS * (MAX_NAME_BYTES + AROUND_BYTES) }),
      inv: message(1, idsCodec(MAX_INV), { maxBytes: MAX_INV * ID_ITEM_BYTES + AROUND_BYTES }),
      getdata: message(2, idsCodec(MAX_ASKED), asked),
      item: message(3, itemCodec, { maxBytes: maxItemBytes + AROUND_ITEM_BYTES }),
      notfound: message(4, idsCodec(MAX_ASKED), asked),
    },
  })
}
