// Disconnect: strict in what is sent, tolerant in what is read, for every client sends another form.
import { isBytes } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { encodeRlp } from './rlp-writer.ts'
import { readRlp, type RlpItem } from './rlp.ts'
import { uncompress } from './snappy.ts'

/** Most bytes a compressed reason may have; a list of one number has at most 10. */
const MAX_UNCOMPRESSED_BYTES = 256
/** A reason is the first number in it; nobody nests more than a list in a string in a list. */
const BUDGET = { maxItems: 64, maxDepth: 4 }

/** The payload that says why: a list of the reason. */
export function encodeDisconnect(reason: DiscReason): Uint8Array {
  return encodeRlp([reason])
}

/**
 * The reason in a payload as it came off the wire, compressed or not; never throws.
 *
 * Read are: a number, a list that begins with one, nothing or an empty list (0), a string that holds a list, and
 * each of these compressed. A number past 2^53 - 1 is a bigint; what is none of this is `DiscReason.invalid`.
 */
export function decodeDisconnect(payload: Uint8Array): DiscReason {
  return reasonIn(payload) ?? reasonIn(uncompressed(payload)) ?? DiscReason.invalid
}

function reasonIn(bytes: Uint8Array | undefined): DiscReason | undefined {
  if (!bytes) return undefined
  if (bytes.length === 0) return DiscReason.requested
  const item = tryRead(bytes)
  if (!isBytes(item)) return item && reasonOfList(item)
  const inner = item.length > 1 && item[0]! >= 0xc0 ? tryRead(item) : undefined
  return inner && !isBytes(inner) ? reasonOfList(inner) : numberOf(item)
}

function reasonOfList([first]: readonly RlpItem[]): DiscReason | undefined {
  if (first === undefined) return DiscReason.requested
  return isBytes(first) ? numberOf(first) : undefined
}

// Leading zeros are forgiven: some write zero as a byte.
function numberOf(digits: Uint8Array): DiscReason | undefined {
  const start = digits.findIndex((digit) => digit !== 0)
  if (start < 0) return digits.length > 8 ? undefined : 0
  if (digits.length - start > 8) return undefined
  let value = 0n
  for (const digit of digits.subarray(start)) value = (value << 8n) | BigInt(digit)
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value)
}

function tryRead(bytes: Uint8Array): RlpItem | undefined {
  try {
    return readRlp(bytes, BUDGET)
  } catch {
    return undefined // one of several forms is tried: that it is not this one is no failure
  }
}

function uncompressed(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return uncompress(bytes, MAX_UNCOMPRESSED_BYTES)
  } catch {
    return undefined // as above
  }
}
