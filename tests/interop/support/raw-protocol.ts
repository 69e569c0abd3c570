// A subprotocol whose messages are bytes as they are: the twin of gethpeer's.
import { defineProtocol, message, raw } from '@peerwire/core'
import type { MessageDefinition, Offer, Peer, Protocol } from '@peerwire/core'

/** The most that a frame can carry after its code. */
const MAX_BYTES = 2 ** 24 - 16

/** Messages are named by their code: `'0'`, `'1'`, … */
export type RawProtocol = Protocol<Readonly<Record<string, MessageDefinition<typeof raw>>>>

export interface RawMessage {
  readonly peer: Peer
  /** As gethpeer names it: `test/1`. */
  readonly capability: string
  readonly code: number
  readonly payload: Uint8Array
}

/** Takes `name/version:length`, as gethpeer's `-cap` does. */
export function rawProtocol(capability: string): RawProtocol {
  const match = /^([a-z0-9]+)\/(\d+):(\d+)$/.exec(capability)
  if (!match) throw new TypeError(`not name/version:length: ${capability}`)
  const length = Number(match[3])
  const messages = Object.fromEntries(
    Array.from({ length }, (_, code) => [String(code), message(code, raw, { maxBytes: MAX_BYTES })]),
  )
  return defineProtocol({ name: match[1]!, version: Number(match[2]), length, messages })
}

/** The protocol with one handler for all its messages. */
export function withHandler(protocol: RawProtocol, handler: (message: RawMessage) => void | Promise<void>): Offer {
  const capability = `${protocol.name}/${protocol.version}`
  const names = Object.keys(protocol.messages)
  return protocol.with(
    Object.fromEntries(
      names.map((name) => [
        name,
        (peer: Peer, payload: Uint8Array) => handler({ peer, capability, code: Number(name), payload }),
      ]),
    ),
  )
}
