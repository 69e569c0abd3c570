// The `[id, body]` around questions and answers, without decoding the body, which may be several items in a row.
import { concatBytes } from '../base/bytes.ts'
import { encodeRlp, rlpHeader } from './rlp-writer.ts'
import { readListViews } from './rlp.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'

/** Wraps an encoded body with its id; a body of several items makes `[id, first, second …]`. */
export function wrapBody(id: bigint, body: Uint8Array): Uint8Array {
  const encodedId = encodeRlp(id)
  const length = encodedId.length + body.length
  return concatBytes(rlpHeader(0xc0, length), encodedId, body)
}

/** Reads the id and the encoded body, of that many items. @throws {PeerError} `invalid message` */
export function unwrapBody(payload: Uint8Array, items: number = 1): { readonly id: bigint; readonly body: Uint8Array } {
  const { id, body } = unwrapAnswer(payload, items)
  if (!body) throw invalid(`a question must be ${formOf(items)}`)
  return { id, body }
}

/** `[id]`: the answer to a question that nobody here serves. */
export function wrapRefusal(id: bigint): Uint8Array {
  return encodeRlp([id])
}

/** Reads an answer, whose body is absent where the question isn't served. @throws {PeerError} `invalid message` */
export function unwrapAnswer(
  payload: Uint8Array,
  items: number = 1,
): { readonly id: bigint; readonly body: Uint8Array | undefined } {
  const [id, ...fields] = readListViews(payload, items + 2)
  if (!id || (fields.length > 0 && fields.length !== items)) {
    throw invalid(`a question or answer must be ${formOf(items)}`)
  }
  if (fields.length === 0) return { id: readId(id), body: undefined }
  let length = 0
  for (const field of fields) length += field.length
  return { id: readId(id), body: payload.subarray(payload.length - length) }
}

function formOf(items: number): string {
  return items === 1 ? '[id, body]' : `[id, and ${items} items]`
}

function readId(encoded: Uint8Array): bigint {
  const first = encoded[0]!
  if (first < 0x80) {
    if (first === 0) throw invalid('request id with a leading zero')
    return BigInt(first)
  }
  if (first > 0x88 || encoded.length !== first - 0x7f) throw invalid('request id longer than 8 bytes')
  if (encoded[1] === 0) throw invalid('request id with a leading zero')
  let id = 0n
  for (const byte of encoded.subarray(1)) id = (id << 8n) | BigInt(byte)
  return id
}

function invalid(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, text)
}
