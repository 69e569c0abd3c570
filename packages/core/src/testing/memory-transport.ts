// Transports without sockets: hosts by name, links with delay, split and loss, repeatable by seed.
import { checkOptions, shown } from '../base/check-options.ts'
import type { Clock } from '../base/clock.ts'
import { type Random, seededRandom } from '../base/random.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { type Endpoint, formatEndpoint } from '../wire/address.ts'
import type { DialOptions, InboundRule, ListenHandlers, Listener, Transport } from '../wire/link.ts'
import { connectMemoryLinks, type MemoryLinkPair } from './memory-link.ts'
import type { PipeTraits } from './memory-pipe.ts'

/** As the socket transports: enough for the largest turn of small frames, small beside a node's memory. */
const HIGH_WATER_BYTES = 262_144

/** Bytes under way or unread in one direction before the sender is held back; about a kernel's socket buffer. */
const WINDOW_BYTES = 262_144

/** First port that `listen: true` gives, and the first that a dialer seems to come from. */
const FIRST_LISTEN_PORT = 30_303
const FIRST_DIALER_PORT = 50_000

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Draws delays and splits; default a seeded one. */
  readonly random?: Random | undefined
  /** How long bytes and dials are under way, in milliseconds; a pair is drawn from. Default 0: the next microtask. */
  readonly delayMs?: number | readonly [least: number, most: number] | undefined
  /** `whole` writes (default), pieces of at most so many bytes, or pieces and joins of `random` size. */
  readonly split?: 'whole' | 'random' | number | undefined
  /** Default 256 KiB. */
  readonly windowBytes?: number | undefined
  /** Default 256 KiB. */
  readonly highWaterBytes?: number | undefined
}

export interface MemoryTransportOptions {
  /** `true` takes the next free port; a number or list takes just these. */
  readonly listen?: boolean | number | readonly number[] | undefined
  /** As which kind of listener it is throttled; default `per address`. */
  readonly inboundRule?: InboundRule | undefined
}

export interface MemoryNetwork {
  /** The transport of one host; the same name may be asked for again. */
  transport(host: string, options?: MemoryTransportOptions): Transport
  /** From now on a name leads to a host: its links have the host's address. */
  name(name: string, host: string): void
  /** Ends all links between two hosts (or of one host) at once, as `link lost`; answers how many. */
  cut(host: string, other?: string): number
  /** While on, nothing gets through between two hosts (or from and to one), dials included, and nobody is told. */
  blackHole(host: string, other: string | undefined, on: boolean): void
  /** Links with at least one live end. */
  readonly links: number
  readonly listeners: number
}

const WHO = 'createMemoryNetwork'
const NETWORK_KINDS = {
  clock: 'thing',
  random: 'thing',
  delayMs: 'other',
  split: 'other',
  windowBytes: 'limit',
  highWaterBytes: 'limit',
} as const

interface LiveLink {
  readonly from: string
  readonly to: string
  readonly pair: MemoryLinkPair
}

interface World {
  readonly traits: PipeTraits
  readonly listening: Map<string, ListenHandlers>
  readonly live: Set<LiveLink>
  readonly holes: Set<string>
  readonly names: Map<string, string>
  nextPort: number
  nextDialerPort: number
}

/**
 * A network inside one process, for tests: nothing happens but by the given clock and random source, and microtasks.
 */
export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const world: World = {
    traits: toTraits(options),
    listening: new Map(),
    live: new Set(),
    holes: new Set(),
    names: new Map(),
    nextPort: FIRST_LISTEN_PORT,
    nextDialerPort: FIRST_DIALER_PORT,
  }
  return {
    transport: (host, settings = {}) =>
      createTransport(world, host, checkOptions('transport', settings, { listen: 'other', inboundRule: 'text' })),
    name: (name, host) => void world.names.set(name, host),
    cut: (host, other) => {
      const hit = [...world.live].filter((link) => touches(link, host, other))
      for (const { pair } of hit) pair.cut()
      return hit.length
    },
    blackHole: (host, other, on) => {
      for (const key of [holeKey(host, other), holeKey(other, host)]) world.holes[on ? 'add' : 'delete'](key)
      for (const link of world.live)
        if (touches(link, host, other)) link.pair.blackHole(isHole(world, link.from, link.to))
    },
    get links() {
      return world.live.size
    },
    get listeners() {
      return world.listening.size
    },
  }
}

/** One connected link without a network around it. */
export function createLinkPair(options: MemoryNetworkOptions): MemoryLinkPair {
  return connectMemoryLinks(toTraits(options), { dialed: 'listener:1', dialer: 'dialer:2' })
}

function toTraits(options: MemoryNetworkOptions): PipeTraits {
  const { clock, random = seededRandom(1), delayMs = 0, split = 'whole' } = checkOptions(WHO, options, NETWORK_KINDS)
  const [least, most] = typeof delayMs === 'number' ? [delayMs, delayMs] : delayMs
  if (!(least >= 0 && most >= least)) throw new TypeError(`delayMs of ${WHO} must be from 0 up, not ${shown(delayMs)}`)
  const turns = new Set<() => void>()
  const runTurns = (): void => {
    const due = [...turns]
    turns.clear()
    for (const turn of due) turn()
  }
  return {
    clock,
    random,
    delayMs,
    split,
    windowBytes: options.windowBytes ?? WINDOW_BYTES,
    highWaterBytes: options.highWaterBytes ?? HIGH_WATER_BYTES,
    schedule: (turn) => {
      turns.add(turn)
      if (turns.size === 1) queueMicrotask(runTurns)
    },
  }
}

function createTransport(world: World, host: string, { listen, inboundRule }: MemoryTransportOptions): Transport {
  const transport: Transport = {
    name: 'memory',
    inboundRule,
    canDial: (endpoint) => endpoint.scheme === 'memory',
    dial: async (endpoint, options) => await dial(world, host, endpoint, options),
  }
  if (listen === undefined || listen === false) return transport
  const ports = listen === true ? [0] : typeof listen === 'number' ? [listen] : listen
  return { ...transport, listen: async (handlers) => ports.map((port) => openListener(world, host, port, handlers)) }
}

function openListener(world: World, host: string, asked: number, handlers: ListenHandlers): Listener {
  const endpoint: Endpoint = { scheme: 'memory', host, port: asked === 0 ? world.nextPort++ : asked }
  const key = formatEndpoint(endpoint)
  if (world.listening.has(key)) throw new Error(`${key} is taken`)
  world.listening.set(key, handlers)
  return {
    endpoint,
    close: async () => {
      if (world.listening.get(key) === handlers) world.listening.delete(key)
    },
  }
}

async function dial(world: World, host: string, given: Endpoint, { signal }: DialOptions = {}) {
  signal?.throwIfAborted()
  const endpoint = { ...given, host: world.names.get(given.host) ?? given.host }
  await underWay(world, host, endpoint.host, signal)
  const written = formatEndpoint(endpoint)
  const handlers = world.listening.get(written)
  if (!handlers) throw new PeerError('dial failed', DiscReason.networkError, `nobody listens at ${written}`)
  const dialerPort = world.nextDialerPort
  world.nextDialerPort = dialerPort === 65_535 ? FIRST_DIALER_PORT : dialerPort + 1
  const names = { dialed: `${endpoint.host}:${endpoint.port}`, dialer: `${host}:${dialerPort}` }
  const pair = connectMemoryLinks(world.traits, names, () => world.live.delete(live))
  const live: LiveLink = { from: host, to: endpoint.host, pair }
  world.live.add(live)
  handlers.link(pair.listener)
  return pair.dialer
}

// The way of a dial: takes the delay, and for ever where a hole is.
function underWay(world: World, from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const { clock, delayMs, random } = world.traits
  const [least, most] = typeof delayMs === 'number' ? [delayMs, delayMs] : delayMs
  const waitMs = least + Math.floor((random.uint32() / 0x1_0000_0000) * (most - least + 1))
  return new Promise((resolve, reject) => {
    const arrive = (): void => {
      if (isHole(world, from, to)) return
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const timer = waitMs > 0 ? clock.setTimer(waitMs, arrive) : undefined
    const onAbort = (): void => {
      timer?.cancel()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (!timer) world.traits.schedule(arrive)
  })
}

function touches(link: LiveLink, host: string, other: string | undefined): boolean {
  if (other === undefined) return link.from === host || link.to === host
  return (link.from === host && link.to === other) || (link.from === other && link.to === host)
}

function holeKey(from: string | undefined, to: string | undefined): string {
  return `${from ?? '*'} ${to ?? '*'}`
}

function isHole(world: World, from: string, to: string): boolean {
  return [holeKey(from, to), holeKey(from, undefined), holeKey(undefined, to)].some((key) => world.holes.has(key))
}
