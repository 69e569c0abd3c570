// The shipped codecs: RLP values, raw bytes, and JSON that a schema checks.
import { bytesToUtf8, isBytes, utf8ToBytes } from '../base/bytes.ts'
import { named } from '../wire/named-error.ts'
import { encodeRlp } from '../wire/rlp-writer.ts'
import { readRlp } from '../wire/rlp.ts'
import type { RlpInput } from '../wire/rlp-writer.ts'
import type { RlpItem } from '../wire/rlp.ts'
import type { Codec } from '../wire/protocol.ts'

/** Most characters of a wrong value that an error shows. */
const MAX_SHOWN = 40

/** A codec whose value is one RLP item, so that it can be part of a list or a struct. */
export interface RlpCodec<T> extends Codec<T> {
  toItem(value: T): RlpInput
  /** @throws {TypeError} when the item isn't of this kind */
  fromItem(item: RlpItem): T
}

/** Joins both directions of an RLP item to a codec. */
export function rlpCodec<T>(toItem: (value: T) => RlpInput, fromItem: (item: RlpItem) => T): RlpCodec<T> {
  return {
    toItem,
    fromItem,
    encode: (value) => encodeRlp(toItem(value)),
    decode: (payload) => fromItem(readRlp(payload)),
  }
}

/** The payload as it is, RLP or not. */
export const raw: Codec<Uint8Array> = { encode: ownBytes, decode: (payload) => payload }

/** A string of bytes; what is decoded is a view into the message. */
export const bytes: RlpCodec<Uint8Array> = /* @__PURE__ */ rlpCodec(ownBytes, stringOf)

/** UTF-8 text; a number is written in digits. */
export const text: RlpCodec<string> = /* @__PURE__ */ rlpCodec(
  (value) => {
    if (typeof value === 'string' || typeof value === 'number') return utf8ToBytes(value)
    throw wrongKind('text must be a string', value)
  },
  (item) => bytesToUtf8(stringOf(item)),
)

/** A whole number from 0 to 2^53 - 1. */
export const uint: RlpCodec<number> = /* @__PURE__ */ rlpCodec(
  (value) => {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`uint must be 0 to 2^53 - 1, not ${shown(value)}`)
    return value
  },
  (item) => Number(integerOf(item, 7, 0x1f_ff_ff_ff_ff_ff_ffn)),
)

/** A whole number from 0 to 2^256 - 1. */
export const bigUint: RlpCodec<bigint> = /* @__PURE__ */ rlpCodec(
  (value) => {
    if (typeof value !== 'bigint') throw wrongKind('bigUint must be a bigint', value)
    if (value < 0n || value >> 256n !== 0n) throw new RangeError(`bigUint must be 0 to 2^256 - 1, not ${value}`)
    return value
  },
  (item) => integerOf(item, 32),
)

export const bool: RlpCodec<boolean> = /* @__PURE__ */ rlpCodec(
  (value) => {
    if (typeof value !== 'boolean') throw wrongKind('bool must be true or false', value)
    return value ? 1 : 0
  },
  (item) => {
    const value = integerOf(item, 1)
    if (value > 1n) throw new TypeError(`a boolean is 0 or 1, not ${value}`)
    return value === 1n
  },
)

export interface ListOptions {
  /** Most items; default 65,536, what one message may hold in all. */
  readonly maxItems?: number | undefined
}

/** Values of one kind, in order. */
export function list<T>(item: RlpCodec<T>, { maxItems = 65_536 }: ListOptions = {}): RlpCodec<readonly T[]> {
  const check = (length: number): void => {
    if (length > maxItems) throw new RangeError(`list of ${length} items, its limit is ${maxItems}`)
  }
  return rlpCodec(
    (values) => {
      if (!Array.isArray(values)) throw wrongKind('list must be an array', values)
      check(values.length)
      return eachOf(values, (value) => item.toItem(value as T))
    },
    (items) => {
      const parts = listOf(items)
      check(parts.length)
      return eachOf(parts, (part) => item.fromItem(part))
    },
  )
}

/** Fields of a struct, in the order they have on the wire. */
export type Fields = Readonly<Record<string, AnyRlpCodec>>
/** Any RLP codec, whatever its value. */
export interface AnyRlpCodec {
  toItem(value: never): RlpInput
  fromItem(item: RlpItem): unknown
}
export type StructOf<F> = { -readonly [K in keyof F]: F[K] extends { fromItem(item: RlpItem): infer T } ? T : never }

/** A list with a fixed meaning per place. Extra places at the end are ignored, so that a later version may add some. */
export function struct<const F extends Fields>(fields: F): RlpCodec<StructOf<F>> {
  const names = Object.keys(fields)
  return rlpCodec(
    (value) => {
      if (typeof value !== 'object' || value === null) throw wrongKind('struct must be an object', value)
      const given = value as Record<string, unknown>
      return eachOf(names, (name) => fields[name]!.toItem(given[name] as never), names)
    },
    (item) => {
      const parts = listOf(item)
      if (parts.length < names.length) throw new TypeError(`${parts.length} fields where ${names.length} belong`)
      const entries = eachOf(names, (name, i) => [name, fields[name]!.fromItem(parts[i]!)] as const, names)
      return Object.fromEntries(entries) as unknown as StructOf<F>
    },
  )
}

// As `map`; what is thrown says at which place.
function eachOf<In, Out>(parts: readonly In[], run: (part: In, i: number) => Out, names?: readonly string[]): Out[] {
  let at = 0
  try {
    return parts.map((part, i) => run(part, (at = i)))
  } catch (error) {
    throw named(names ? names[at]! : `item ${at}`, error)
  }
}

function wrongKind(text: string, value: unknown): TypeError {
  return new TypeError(`${text}, not ${shown(value)}`)
}

// A value of the caller's, short enough for one line.
const shown = (value: unknown): string => String(value).slice(0, MAX_SHOWN)

function ownBytes(value: Uint8Array): Uint8Array {
  if (!isBytes(value)) throw wrongKind('bytes must be a Uint8Array', value)
  return value
}

function stringOf(item: RlpItem): Uint8Array {
  if (!isBytes(item)) throw new TypeError('a list where a string belongs')
  return item
}

function listOf(item: RlpItem): readonly RlpItem[] {
  if (isBytes(item)) throw new TypeError('a string where a list belongs')
  return item
}

function integerOf(item: RlpItem, maxBytes: number, max?: bigint): bigint {
  const digits = stringOf(item)
  if (digits.length > maxBytes) throw new TypeError(`a number of ${digits.length} bytes, at most ${maxBytes} fit`)
  if (digits[0] === 0) throw new TypeError('a number with a leading zero')
  let value = 0n
  for (const digit of digits) value = (value << 8n) | BigInt(digit)
  if (max !== undefined && value > max) throw new TypeError(`number ${value} is past ${max}`)
  return value
}
