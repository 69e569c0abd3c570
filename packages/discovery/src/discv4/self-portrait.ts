// What we say of ourselves: told by the user, or by those who answer us, or by the socket; in this order.
import { parseIp } from '@peerwire/core'
import type { Clock, Crypto, PrefixPolicy, RlpInput } from '@peerwire/core'
import { EndpointVotes } from '../records/endpoint-votes.ts'
import { LocalRecord } from '../records/local-record.ts'
import type { NodeRecord } from '../records/record.ts'
import { addressText, relayCheck } from './known-node.ts'
import type { WireEndpoint } from './packets.ts'
import type { DatagramSocket, UdpEndpoint } from './socket.ts'

export interface SelfPortraitOptions {
  readonly privateKey: Uint8Array
  readonly crypto: Crypto
  readonly clock: Clock
  readonly socket: DatagramSocket
  readonly prefixes: PrefixPolicy
  readonly host?: string | undefined
  readonly tcp?: (() => number) | undefined
  readonly entries?: (() => Readonly<Record<string, RlpInput>>) | undefined
  changed(record: NodeRecord): void
}

/** Where a node is that nobody can name a place of, as in go-ethereum. */
const NOWHERE = '127.0.0.1'

export class SelfPortrait {
  readonly #options: SelfPortraitOptions
  readonly #votes = new EndpointVotes()
  #local: LocalRecord
  #endpoint: WireEndpoint
  #entries: Readonly<Record<string, RlpInput>> = {}

  constructor(options: SelfPortraitOptions) {
    this.#options = options
    this.#endpoint = this.#findEndpoint(options.clock.now())
    this.#local = this.#makeRecord(undefined)
  }

  get endpoint(): WireEndpoint {
    return this.#endpoint
  }

  get record(): NodeRecord {
    return this.#local.record
  }

  /** Goes on from the record that was kept. */
  begin(previous: NodeRecord | undefined): void {
    this.#local = this.#makeRecord(previous)
    this.refresh()
  }

  /** Looks again where we are and what there is to say. */
  refresh(nowMs: number = this.#options.clock.now()): void {
    this.#endpoint = this.#findEndpoint(nowMs)
    this.#local.setEndpoint({ ...this.#endpoint, host: this.#endpoint.host ?? NOWHERE })
    const entries = this.#options.entries?.() ?? {}
    for (const key of Object.keys(this.#entries)) if (!(key in entries)) this.#local.set(key, undefined)
    for (const [key, value] of Object.entries(entries)) this.#local.set(key, value)
    this.#entries = entries
    this.#options.changed(this.#local.record)
  }

  /** A node that answered says where it sees us; who is elsewhere can't see us at a local address. */
  stated(by: UdpEndpoint, { host, udp }: WireEndpoint): void {
    if (host === undefined || relayCheck(by.host)({ host, udp }) !== undefined) return
    const { prefixes, clock } = this.#options
    const text = addressText(by)
    const nowMs = clock.now()
    this.#votes.add(prefixes.prefixOf(text) ?? text, { host, port: udp }, nowMs)
    const { host: now, udp: port, tcp } = this.#findEndpoint(nowMs)
    const { endpoint } = this
    if (now !== endpoint.host || port !== endpoint.udp || tcp !== endpoint.tcp) this.refresh(nowMs)
  }

  #findEndpoint(nowMs: number): WireEndpoint {
    const { socket, host, tcp } = this.#options
    const predicted = this.#votes.predict(nowMs)
    const bound = socket.local
    const isAnywhere = parseIp(bound.host)?.every((byte) => byte === 0) ?? true
    return {
      host: host ?? predicted?.host ?? (isAnywhere ? NOWHERE : bound.host),
      udp: (host === undefined ? predicted?.port : undefined) ?? bound.port,
      tcp: tcp?.() ?? 0,
    }
  }

  #makeRecord(previous: NodeRecord | undefined): LocalRecord {
    const { crypto, privateKey, clock } = this.#options
    return new LocalRecord({ crypto, privateKey, wallNow: () => clock.wallNow(), previous })
  }
}
