// How much a stranger may make us do: signatures looked at, and bytes sent to where nobody has proven to be.
import type { PrefixPolicy } from '@peerwire/core'
import { addressText } from './known-node.ts'
import {
  MAX_RATES,
  PACKET_BURST,
  PACKETS_PER_SECOND,
  STRANGE_PACKET_BURST,
  STRANGE_PACKETS_PER_SECOND,
} from './limits.ts'
import type { UdpEndpoint } from './socket.ts'

interface Bucket {
  tokens: number
  atMs: number
}

interface Account {
  received: number
  sent: number
  /** What of a first exchange was sent: it is longer than the ping that asks for it, by the protocol's own lengths. */
  hasPong: boolean
  hasPing: boolean
}

/** Rates by network prefix; addresses that the policy exempts have only the common one. */
export class PacketRates {
  readonly #prefixes: PrefixPolicy
  readonly #buckets = new Map<string, Bucket>()
  readonly #strange: Bucket = { tokens: STRANGE_PACKET_BURST, atMs: 0 }

  constructor(prefixes: PrefixPolicy) {
    this.#prefixes = prefixes
  }

  /** Prefixes that are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** @param isExpected - we are waiting for an answer from there, so what strangers send doesn't crowd it out */
  take(from: UdpEndpoint, isExpected: boolean, nowMs: number): boolean {
    const prefix = this.#prefixes.prefixOf(addressText(from))
    if (prefix !== undefined) {
      const bucket = this.#buckets.get(prefix) ?? { tokens: PACKET_BURST, atMs: nowMs }
      remember(this.#buckets, prefix, bucket)
      if (!takeToken(bucket, PACKETS_PER_SECOND, PACKET_BURST, nowMs)) return false
    }
    return isExpected || takeToken(this.#strange, STRANGE_PACKETS_PER_SECOND, STRANGE_PACKET_BURST, nowMs)
  }
}

/**
 * What is sent to an address that has proven nothing: one pong and one ping, and beyond them never more than came from
 * there. So a forged sender gains nothing.
 */
export class Credits {
  readonly #prefixes: PrefixPolicy
  readonly #accounts = new Map<string, Account>()

  constructor(prefixes: PrefixPolicy) {
    this.#prefixes = prefixes
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#accounts.size
  }

  received(from: UdpEndpoint, bytes: number): void {
    const name = this.#nameOf(from)
    const account = this.#accounts.get(name) ?? { received: 0, sent: 0, hasPong: false, hasPing: false }
    account.received += bytes
    remember(this.#accounts, name, account)
  }

  /** Whether this many bytes may be sent in answer; counts them if so. */
  take(to: UdpEndpoint, bytes: number, kind: 'hasPong' | 'hasPing'): boolean {
    const account = this.#accounts.get(this.#nameOf(to))
    if (!account) return false
    if (account[kind] && account.sent + bytes > account.received) return false
    account[kind] = true
    account.sent += bytes
    return true
  }

  // All ports of a host are one, except where the policy exempts: there tests and LANs have many nodes on one host.
  #nameOf(endpoint: UdpEndpoint): string {
    const text = addressText(endpoint)
    return this.#prefixes.prefixOf(text) === undefined ? text : endpoint.host
  }
}

function takeToken(bucket: Bucket, perSecond: number, burst: number, nowMs: number): boolean {
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
}

// Newest last, so that the first key is the one to forget.
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_RATES) map.delete(map.keys().next().value!)
}
