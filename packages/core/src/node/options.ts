// What a node is made of, and every bound of it with its unit and its reason.
import type { PrefixPolicy } from '../addresses/prefix.ts'
import { isBytes } from '../base/bytes.ts'
import { checkOptions, readLimits, shown } from '../base/check-options.ts'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Crypto } from '../base/crypto.ts'
import { errorsToConsole } from '../base/errors-to-console.ts'
import { silentLogger } from '../base/log.ts'
import type { Logger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import type { Storage } from '../base/storage.ts'
import { defaultCrypto } from '#default-crypto'
import { thrownFields } from '../errors/peer-error.ts'
import { placesOf } from '../dialing/places.ts'
import type { Places } from '../dialing/places.ts'
import type { DialPolicy } from '../dialing/policy.ts'
import { DEFAULT_PEER_LIMITS } from '../peers/limits.ts'
import type { EvictionCandidate } from '../peers/eviction.ts'
import type { PeerLimits } from '../peers/limits.ts'
import type { Address } from '../wire/address.ts'
import { encodeHello } from '../wire/hello.ts'
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
  /**
   * Connections that are no links yet, such as those of a browser before its upgrade; at 10 KiB each, 5 MiB. One
   * network has at most half of these places, exempt or not: its oldest gives way to its newest. When all are taken,
   * the network with most of them gives one to a newcomer.
   */
  readonly waitingInbound: number
  /**
   * Inbound connections that are not peers yet; default twice as many as `maxPeers`, at least 50 (go-ethereum's bound).
   * One network has at most half of these places, exempt or not: so all peers may come back by one address at once.
   * Its oldest gives way to its newest. When all are taken, the network with most of them gives one to a newcomer of
   * another.
   */
  readonly pendingInbound: number
  /** Inbound handshakes begun per second; each costs about a millisecond of elliptic curve work. */
  readonly startsPerSecond: number
  /**
   * The same at once after a rest, a quarter of them for networks from which nobody has come for 10 s; default a third
   * more than `maxPeers`, at least `startsPerSecond`.
   */
  readonly startsBurst: number
  /** Of transports whose rule is `per prefix` (WebSocket): links a second from one IPv4 address or IPv6 /64. */
  readonly visitsPerSecond: number
  /** The same at once after a rest. */
  readonly visitsBurst: number
  /** Of transports whose rule is `per address` (TCP): connections that are not peers yet from one /24 or /64. */
  readonly pendingPerPrefix: number
  /** Of those: inbound handshakes begun per second from one /24 or /64. */
  readonly startsPerSecondPerPrefix: number
  /** Of those: milliseconds after an accepted connection in which its address gets no second one; 0 turns it off. */
  readonly acceptIntervalMs: number
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
  waitingInbound: 512,
  pendingInbound: 100,
  startsPerSecond: 100,
  startsBurst: 100,
  visitsPerSecond: 20,
  visitsBurst: 200,
  pendingPerPrefix: 8,
  startsPerSecondPerPrefix: 10,
  acceptIntervalMs: 30_000,
  receiveBytes: 64 * 1024 * 1024,
  closeMs: 500,
}

/** go-ethereum's bound. */
const LEAST_PENDING = 50

const WHO = 'createNode'

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
  /**
   * `server`: a listener for tabs, which takes 1,000 peers where `maxPeers` says nothing else. That many idle ones over
   * WebSocket cost some 35 MiB of memory, and one open file each. Without it a node is a peer among peers.
   */
  readonly role?: 'server' | undefined
  /**
   * Peers in all; default 50, of a server 1,000. Persistent and trusted ones are admitted above it, too. How many of
   * the places are for peers that the node dials, and how many for those that dial it, follows: see "Places" in
   * ARCHITECTURE.md.
   */
  readonly maxPeers?: number | undefined
  /** Places for peers that dial this node; default what the dialer and probes don't need of `maxPeers`. */
  readonly maxInbound?: number | undefined
  /** Addresses to keep connected. */
  readonly persistent?: readonly (Address | string)[] | undefined
  /** Public keys (64 bytes, or 128 hex digits) admitted above the limits. */
  readonly trusted?: readonly (Uint8Array | string)[] | undefined
  /** Whom to dial and how often, made by `dialPolicy`; default its preset `keep-8`. */
  readonly dialing?: DialPolicy | undefined
  /** Default: what the program's own code throws goes to `console.error`, and nothing else anywhere. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  /** Where plugins keep what must outlive the node; default nowhere. */
  readonly storage?: Storage | undefined
  /** Default `defaultCrypto`: fast in Node, portable elsewhere. */
  readonly crypto?: Crypto | undefined
  /**
   * Whose inbound connections count together; default /24 and /64, with loopback and LAN exempt.
   * `strictPrefixPolicy` exempts nobody.
   */
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
  /** Whose the places are. */
  readonly places: Places
  readonly dialing: DialPolicy | undefined
  readonly logger: Logger
  /** Whether anybody reads lines; without a logger only errors are told, on the console. */
  readonly writesLines: boolean
  readonly clock: Clock
  readonly random: Random
  readonly storage: Storage | undefined
  readonly crypto: Crypto
  readonly prefixes: PrefixPolicy | undefined
  readonly admission: Admission | undefined
  readonly limits: NodeLimits
}

/** Peers of a listener for tabs, and of all other nodes, where nothing is said. */
const SERVER_PEERS = 1000
const PEERS = 50

const KINDS = {
  privateKey: 'other',
  role: 'other',
  transports: 'list',
  protocols: 'list',
  plugins: 'list',
  name: 'text',
  maxPeers: 'count',
  maxInbound: 'count',
  persistent: 'list',
  trusted: 'list',
  dialing: 'thing',
  logger: 'thing',
  clock: 'thing',
  random: 'thing',
  storage: 'thing',
  crypto: 'thing',
  prefixes: 'thing',
  admission: 'call',
  limits: 'thing',
} as const

/** Bounds that may be 0: without a wait, without a question, and so on. */
const ZEROS = [
  'acceptIntervalMs',
  'pendingInbound',
  'closeMs',
  'goodbyeMs',
  'requests',
  'strayAnswers',
  'pingBurst',
] as const

/** Checks options and fills in defaults. @throws {TypeError} naming the option that is wrong */
export function readOptions(given: NodeOptions): Settings {
  if (given === undefined) throw new TypeError(`${WHO} needs at least a privateKey and transports`)
  const options = checkOptions(WHO, given, KINDS)
  const { privateKey, transports, plugins = [], crypto = defaultCrypto, role, dialing } = options
  const { maxPeers = role === undefined ? PEERS : SERVER_PEERS } = options
  if (!isBytes(privateKey) || !crypto.isPrivateKey(privateKey)) {
    throw new TypeError('createNode needs a privateKey of 32 bytes; generatePrivateKey() makes one')
  }
  if (role !== undefined && role !== 'server')
    throw new TypeError(`role of ${WHO} must be "server", not ${shown(role)}`)
  if (!transports?.length) throw new TypeError('createNode needs at least one transport, such as webSocket() or tcp()')
  each(
    'transports',
    transports,
    ({ name, canDial, dial }) => !!name && !!canDial && !!dial,
    'a transport, such as webSocket() or tcp()',
  )
  each('plugins', plugins, ({ name }) => typeof name === 'string', 'a plugin, such as addressBook()')
  const offers = [...(options.protocols ?? []), ...plugins.flatMap((plugin) => plugin.protocols ?? [])]
  each(
    'protocols',
    offers,
    ({ protocol, handlers }) => !!protocol && !!handlers,
    'a protocol with its handlers, such as chat.with({ … })',
  )
  checkOffers(offers)
  const name = options.name ?? 'peerwire'
  checkHello(name, offers)
  const clock = options.clock ?? systemClock
  const logger = options.logger ?? errorsToConsole(clock)
  return {
    privateKey: new Uint8Array(privateKey),
    transports,
    offers,
    plugins,
    judge: judgeOf(plugins, logger),
    name,
    maxPeers,
    places: placesOf({
      maxPeers,
      maxInbound: options.maxInbound,
      policy: dialing,
      listens: transports.some(({ listen }) => listen),
      seeks: plugins.some(({ candidates }) => candidates),
      probes: plugins.some(({ probes }) => probes),
    }),
    dialing,
    logger,
    writesLines: options.logger !== undefined && options.logger !== silentLogger,
    clock,
    random: options.random ?? systemRandom,
    storage: options.storage,
    crypto,
    prefixes: options.prefixes,
    admission: options.admission,
    limits: limitsOf(options.limits, maxPeers),
  }
}

function each<T extends object>(option: string, values: readonly T[], fits: (value: T) => boolean, such: string): void {
  for (const [i, value] of values.entries()) {
    if (typeof value === 'object' && value !== null && fits(value)) continue
    throw new TypeError(`${option}[${i}] of ${WHO} must be ${such}, not ${shown(value)}`)
  }
}

function checkHello(name: string, offers: readonly Offer[]): void {
  const capabilities = offers.map(({ protocol }) => protocol)
  try {
    encodeHello({ name, capabilities, listenPort: 0, publicKey: new Uint8Array(64) })
  } catch (cause) {
    const text = `the name of ${name.length} characters and the protocols of ${WHO} don't fit into Hello`
    throw new TypeError(`${text}: ${(cause as Error).message}`, { cause })
  }
}

// What follows from the number of peers: a listener whose peers all come back at once shall take them all, without the
// quarter that is kept for others.
function limitsOf(given: Partial<NodeLimits> | undefined, maxPeers: number): NodeLimits {
  const pendingInbound = Math.max(LEAST_PENDING, 2 * maxPeers)
  const atOnce = given?.pendingInbound ?? maxPeers
  const startsBurst = given?.startsPerSecond ?? Math.max(DEFAULT_LIMITS.startsPerSecond, Math.ceil((atOnce * 4) / 3))
  return readLimits(WHO, { ...DEFAULT_LIMITS, pendingInbound, startsBurst }, given, ZEROS)
}

function judgeOf(plugins: readonly Plugin[], logger: Logger): Settings['judge'] {
  const judges = plugins.filter((plugin) => plugin.judge)
  return (subject) => {
    let worst: Verdict | undefined
    for (const plugin of judges) {
      try {
        const verdict = plugin.judge!(subject)
        if (verdict === 'banned') return verdict
        worst ??= verdict
      } catch (error) {
        // A guard that fails lets nobody pass.
        logger.log('error', `plugin ${plugin.name} failed to judge`, thrownFields(error))
        return 'banned'
      }
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
