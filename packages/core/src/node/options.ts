// What a node is made of, and every bound of it with its unit and its reason.
import type { PrefixPolicy } from '../addresses/prefix.ts'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Crypto } from '../base/crypto.ts'
import { silentLogger } from '../base/log.ts'
import type { Logger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import type { Storage } from '../base/storage.ts'
import { defaultCrypto } from '#default-crypto'
import type { DialPolicy } from '../dialing/policy.ts'
import { DEFAULT_PEER_LIMITS } from '../peers/limits.ts'
import type { EvictionCandidate } from '../peers/eviction.ts'
import type { PeerLimits } from '../peers/limits.ts'
import type { Address } from '../wire/address.ts'
import type { Transport } from '../wire/link.ts'
import type { Offer } from '../wire/protocol.ts'
import type { Plugin, Subject, Verdict } from './plugin.ts'

export interface NodeLimits extends PeerLimits {
  /** Milliseconds to open a link; go-ethereum's dial limit. */
  readonly dialMs: number
  /** Milliseconds from an open link to the end of the encryption handshake. */
  readonly encryptionMs: number
  /** Milliseconds from an open link to a peer, both handshakes and both checkpoints included. */
  readonly setUpMs: number
  /** Inbound connections that are not peers yet; go-ethereum's bound. */
  readonly pendingInbound: number
  /** The same from one network prefix, so that one network can't take all places. */
  readonly pendingPerPrefix: number
  /** Inbound handshakes begun per second; each costs milliseconds of elliptic curve work in a page. */
  readonly startsPerSecond: number
  /** The same from one network prefix. */
  readonly startsPerSecondPerPrefix: number
  /** Milliseconds after an accepted connection in which its address gets no second one; 0 turns it off. */
  readonly acceptIntervalMs: number
  /** Capabilities a Hello may list. */
  readonly capabilities: number
  /** Bytes that unfinished messages of all peers may take; past it the slowest is held back, then ended. */
  readonly receiveBytes: number
  /** Milliseconds that `close` waits for goodbyes to be sent. */
  readonly closeMs: number
}

export const DEFAULT_LIMITS: NodeLimits = {
  ...DEFAULT_PEER_LIMITS,
  dialMs: 15_000,
  encryptionMs: 5000,
  setUpMs: 15_000,
  pendingInbound: 50,
  pendingPerPrefix: 8,
  startsPerSecond: 100,
  startsPerSecondPerPrefix: 10,
  acceptIntervalMs: 30_000,
  capabilities: 128,
  receiveBytes: 64 * 1024 * 1024,
  closeMs: 500,
}

/** Given the inbound peers, gives the id of the one to end, or `undefined` to refuse the newcomer. */
export type Admission = (inbound: readonly EvictionCandidate[]) => string | undefined

export interface NodeOptions {
  /** 32 bytes; `generatePrivateKey()` makes one. */
  readonly privateKey: Uint8Array
  readonly transports: readonly Transport[]
  readonly protocols?: readonly Offer[] | undefined
  readonly plugins?: readonly Plugin[] | undefined
  /** Client name that Hello tells; default `peerwire`. */
  readonly name?: string | undefined
  /** Peers in all; default 50. */
  readonly maxPeers?: number | undefined
  /** Inbound peers among them; default two thirds of `maxPeers`. */
  readonly maxInbound?: number | undefined
  /** Addresses to keep connected. */
  readonly persistent?: readonly (Address | string)[] | undefined
  /** Public keys (64 bytes, or 128 hex digits) admitted above the limits. */
  readonly trusted?: readonly (Uint8Array | string)[] | undefined
  /** Whom to dial and how often, made by `dialPolicy`; default its preset `keep-8`. */
  readonly dialing?: DialPolicy | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  /** Where plugins keep what must outlive the node; default nowhere. */
  readonly storage?: Storage | undefined
  /** Default `defaultCrypto`: fast in Node, portable elsewhere. */
  readonly crypto?: Crypto | undefined
  /** Whose inbound connections count together; default /24 and /64, with loopback and LAN exempt. */
  readonly prefixes?: PrefixPolicy | undefined
  /**
   * Chooses the inbound peer that makes room when the node is full, such as `evictWorst()`; default: the newcomer is
   * refused.
   */
  readonly admission?: Admission | undefined
  /** Bounds that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<NodeLimits> | undefined
}

/** Options with every default filled in. */
export interface Settings {
  readonly privateKey: Uint8Array
  readonly transports: readonly Transport[]
  readonly offers: readonly Offer[]
  readonly plugins: readonly Plugin[]
  /** What the plugins together hold against somebody: a ban of one is a ban. */
  judge(subject: Subject): Verdict | undefined
  readonly name: string
  readonly maxPeers: number
  readonly maxInbound: number
  readonly dialing: DialPolicy | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  readonly storage: Storage | undefined
  readonly crypto: Crypto
  readonly prefixes: PrefixPolicy | undefined
  readonly admission: Admission | undefined
  readonly limits: NodeLimits
}

/** Checks options and fills in defaults. @throws {TypeError} naming the option that is wrong */
export function readOptions(options: NodeOptions): Settings {
  const { privateKey, transports, plugins = [] } = options
  const crypto = options.crypto ?? defaultCrypto
  if (!(privateKey instanceof Uint8Array) || !crypto.isPrivateKey(privateKey)) {
    throw new TypeError('createNode needs a privateKey of 32 bytes; generatePrivateKey() makes one')
  }
  if (!Array.isArray(transports) || transports.length === 0) {
    throw new TypeError('createNode needs at least one transport, such as webSocket() or tcp()')
  }
  const maxPeers = count('maxPeers', options.maxPeers ?? 50)
  const offers = [...(options.protocols ?? []), ...plugins.flatMap((plugin) => plugin.protocols ?? [])]
  checkOffers(offers)
  return {
    privateKey: privateKey.slice(),
    transports,
    offers,
    plugins,
    judge: judgeOf(plugins),
    name: options.name ?? 'peerwire',
    maxPeers,
    maxInbound: count('maxInbound', options.maxInbound ?? Math.ceil((maxPeers * 2) / 3)),
    dialing: options.dialing,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    storage: options.storage,
    crypto,
    prefixes: options.prefixes,
    admission: options.admission,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  }
}

function judgeOf(plugins: readonly Plugin[]): Settings['judge'] {
  const judges = plugins.filter((plugin) => plugin.judge)
  return (subject) => {
    let worst: Verdict | undefined
    for (const plugin of judges) {
      const verdict = plugin.judge!(subject)
      if (verdict === 'banned') return verdict
      worst ??= verdict
    }
    return worst
  }
}

function checkOffers(offers: readonly Offer[]): void {
  const seen = new Set<string>()
  for (const { protocol } of offers) {
    const key = `${protocol.name}/${protocol.version}`
    if (seen.has(key)) throw new TypeError(`the protocol ${key} is given twice`)
    seen.add(key)
  }
}

function count(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${option} must be a whole number, not ${value}`)
  return value
}
