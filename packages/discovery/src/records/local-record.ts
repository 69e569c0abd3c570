// Our own record: signed anew when what it says changes, with a sequence that never goes back.
import { equalBytes, parseIp } from '@peerwire/core'
import type { Crypto, RlpInput } from '@peerwire/core'
import { signRecord } from './record.ts'
import type { NodeRecord } from './record.ts'

export interface LocalRecordOptions {
  readonly crypto: Crypto
  readonly privateKey: Uint8Array
  /** Milliseconds since 1970: where the sequence begins, so that it goes on rising even when it was forgotten. */
  readonly wallNow: () => number
  /** What was said before; taken up when it is of the same key. */
  readonly previous?: NodeRecord | undefined
}

/** Where we are, as far as it is known. */
export interface LocalEndpoint {
  /** An IP address as text. */
  readonly host: string
  /** 0 leaves a port out. */
  readonly udp: number
  readonly tcp: number
}

export class LocalRecord {
  readonly #options: LocalRecordOptions
  readonly #values = new Map<string, RlpInput>()
  #record: NodeRecord | undefined
  #isDirty = true

  constructor(options: LocalRecordOptions) {
    this.#options = options
    const { crypto, privateKey, previous } = options
    const isOurs = previous?.publicKey && equalBytes(previous.publicKey, crypto.publicKeyOf(privateKey))
    this.#record = isOurs ? previous : undefined
  }

  /** Says `value` under `key` from now on; `undefined` leaves it out. */
  set(key: string, value: RlpInput | undefined): void {
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
    this.#isDirty = true
  }

  setEndpoint({ host, udp, tcp }: LocalEndpoint): void {
    const ip = parseIp(host)
    const is4 = ip?.length === 4
    const port = (value: number): number | undefined => (ip && value > 0 ? value : undefined)
    this.set('ip', is4 ? ip : undefined)
    this.set('ip6', is4 ? undefined : ip)
    for (const [key, value] of [
      ['udp', udp],
      ['tcp', tcp],
    ] as const) {
      this.set(key, is4 ? port(value) : undefined)
      this.set(`${key}6`, is4 ? undefined : port(value))
    }
  }

  /** The record as it stands; signed anew when something has changed. @throws {RangeError} past 300 bytes */
  get record(): NodeRecord {
    if (this.#record && !this.#isDirty) return this.#record
    const { crypto, privateKey, wallNow } = this.#options
    const seq = this.#record ? this.#record.seq + 1n : BigInt(Math.floor(wallNow()))
    const next = signRecord({ seq, values: Object.fromEntries(this.#values) }, privateKey, crypto)
    this.#record = this.#record && saysTheSame(this.#record, next) ? this.#record : next
    this.#isDirty = false
    return this.#record
  }
}

function saysTheSame(left: NodeRecord, right: NodeRecord): boolean {
  if (left.pairs.size !== right.pairs.size) return false
  for (const [key, value] of left.pairs) {
    const other = right.pairs.get(key)
    if (!other || !equalBytes(value, other)) return false
  }
  return true
}
