// A subprotocol without meaning: codes that carry any bytes, for work on the wire.
import { type Codec, defineProtocol, message, type MessageDefinition, type Protocol, raw } from '@peerwire/core'

/** Most bytes of a message: what one RLPx frame can carry, without its code. */
const MAX_MESSAGE_BYTES = 0xff_ff_ff

/** What the core takes. */
const MAX_CODES = 4096

type RawMessages = Readonly<Record<string, MessageDefinition<Codec<Uint8Array>>>>
export type RawProtocol = Protocol<RawMessages>

/** Reads `name/version:codes`. @throws {TypeError} */
export function parseCapability(text: string): RawProtocol {
  const match = /^([a-z0-9]{1,8})\/(\d{1,9}):(\d{1,4})$/.exec(text)
  if (!match) throw new TypeError(`a capability is name/version:codes, such as test/1:16, not ${text}`)
  if (match[1] === 'p2p') throw new TypeError(`p2p is the protocol below all others: ${text}`)
  const length = Number(match[3])
  if (length < 1 || length > MAX_CODES) throw new TypeError(`a capability has 1 to ${MAX_CODES} codes, not ${length}`)
  const messages: Record<string, MessageDefinition<Codec<Uint8Array>>> = {}
  for (let code = 0; code < length; code++) messages[nameOf(code)] = message(code, raw, { maxBytes: MAX_MESSAGE_BYTES })
  return defineProtocol<RawMessages>({ name: match[1]!, version: Number(match[2]), length, messages })
}

/** The name of the message with this code. */
export function nameOf(code: number): string {
  return `code${code}`
}

/** `test/1`. */
export function titleOf({ name, version }: RawProtocol): string {
  return `${name}/${version}`
}
