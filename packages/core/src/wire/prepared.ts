// A message for many peers: encoded once, and compressed once by the first that compresses.
import { named } from './named-error.ts'
import type { AnyCodec, Messages, Protocol, SendNames, ValueOf } from './protocol.ts'

/** What `prepare` gives and `peer.sendPrepared` takes, as often as there are peers. */
export interface Prepared {
  readonly protocol: Protocol
  /** Of the message. */
  readonly name: string
  readonly payload: Uint8Array
  /** The payload as snappy makes it; there from the first send on. */
  compressed: Uint8Array | undefined
}

/**
 * Encodes a message that many peers shall get.
 *
 * @throws {RangeError} when it is longer than its limit
 */
export function prepare<M extends Messages, K extends SendNames<M>>(
  protocol: Protocol<M>,
  name: K,
  value: ValueOf<M[K]>,
): Prepared {
  return {
    protocol: protocol as unknown as Protocol,
    name,
    payload: encodeMessage(protocol, name, value),
    compressed: undefined,
  }
}

/** @throws {TypeError} when the protocol has no such message; RangeError when it is longer than its limit */
export function encodeMessage(
  { name: protocolName, messages }: { readonly name: string; readonly messages: Messages },
  name: string,
  value: unknown,
): Uint8Array {
  const definition = messages[name]
  if (!definition) throw new TypeError(`${protocolName} has no message "${name}"`)
  return checkedSize(
    `${protocolName}.${name}`,
    encodeValue(`${protocolName}.${name}`, definition.codec, value),
    definition,
  )
}

/** Our own bytes, when they keep to the limit that holds for the remote's. @throws {RangeError} naming the message */
export function checkedSize(
  what: string,
  payload: Uint8Array,
  { maxBytes }: { readonly maxBytes: number },
): Uint8Array {
  if (payload.length <= maxBytes) return payload
  throw new RangeError(`${what} has ${payload.length} bytes, its limit is ${maxBytes}`)
}

/** @throws what the codec does, with the name of the message before its text */
export function encodeValue(what: string, codec: AnyCodec, value: unknown): Uint8Array {
  try {
    return codec.encode(value as never)
  } catch (error) {
    throw named(what, error)
  }
}
