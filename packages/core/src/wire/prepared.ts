// A message for many peers: encoded once, and compressed once by the first that compresses.
import type { Messages, Protocol, SendNames, ValueOf } from './protocol.ts'

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
  const payload = definition.codec.encode(value as never)
  if (payload.length > definition.maxBytes) {
    throw new RangeError(`${protocolName}.${name} has ${payload.length} bytes, its limit is ${definition.maxBytes}`)
  }
  return payload
}
