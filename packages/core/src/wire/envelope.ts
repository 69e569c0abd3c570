// The `[id, body]` around questions and answers, without decoding the body.
import { concatBytes } from '../base/bytes.ts'
import { encodeRlp, rlpHeader } from './rlp-writer.ts'
import { readListViews } from './rlp.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'

/** Wraps an encoded body with its id. */
export function wrapBody(id: bigint, body: Uint8Array): Uint8Array {
  const encodedId = encodeRlp(id)
  const length = encodedId.length + body.length
  return concatBytes(rlpHeader(0xc0, length), encodedId, body)
}

/** Reads the id and the encoded body. @throws {PeerError} `invalid message` */
export function unwrapBody(payload: Uint8Array): { readonly id: bigint; readonly body: Uint8Array } {
  const { id, body } = unwrapAnswer(payload)
  if (!body) throw invalid('a question must be [id, body]')
  return { id, body }
}

/** `[id]`: the answer to a question that nobody here serves. */
export function wrapRefusal(id: bigint): Uint8Array {
  return encodeRlp([id])
}

/** Reads an answer, whose body is absent where the question isn't served. @throws {PeerError} `invalid message` */
export function unwrapAnswer(payload: Uint8Array): { readonly id: bigint; readonly body: Uint8Array | undefined } {
  const [id, body, extra] = readListViews(payload, 3)
  if (!id || extra) throw invalid('a question or answer must be [id, body]')
  return { id: readId(id), body }
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
