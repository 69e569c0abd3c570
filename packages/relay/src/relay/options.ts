// What a relay is started with, read from flags and checked before anything is opened.
import { LOG_LEVELS, type LogLevel } from './log-levels.ts'
import { type Address, type Endpoint, formatAddress, formatEndpoint } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import {
  type AllowedOrigins,
  checkHost,
  checkOrigin,
  readTrustProxy,
  type TrustProxy,
} from '@peerwire/transport-ws/node'
import { type AllowRule, parseAllowRule } from '../bridge/allow-list.ts'
import { type BridgeTarget, parseBridgeTarget } from '../bridge/target.ts'
import { type Given, valueOf, wholeNumber } from '../command/flags.ts'
import { nearest } from '../command/nearest.ts'
import { isHost, readAddress, readEndpoint } from '../command/places.ts'
import { UsageError } from '../command/usage-error.ts'
import { readSearch, type SearchOptions, withLists } from '../discovery/flags.ts'
import { type BanChanges, readBanChanges } from './bans.ts'
import { defaultDataDir } from './data-dir.ts'

/** A relay for some hundred tabs; each idle peer costs about 40 KiB. */
const DEFAULT_MAX_PEERS = 200
/** What one process can hold within the usual limit of 20,000 open files. */
const MOST_PEERS = 10_000

/** Half of all dials, or the more the more peers there are. */
const BIASES = ['even', 'peers'] as const
/** Where nodes of the networks that are known by name listen. */
const ETHEREUM_PORT = 30_303

export interface RelayOptions {
  /** Listeners that were asked for; none for the usual two. */
  readonly listen: readonly Endpoint[]
  /** Peers to keep connected. */
  readonly connect: readonly Address[]
  readonly maxPeers: number
  readonly dataDir: string
  /** PEM files. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly publicEndpoint: Endpoint | undefined
  readonly advertised: readonly Endpoint[]
  readonly bridge: readonly BridgeTarget[]
  /** What tickets may name. */
  readonly bridgeAllow: readonly AllowRule[]
  /** Files of the keys that sign tickets. */
  readonly ticketKeyFiles: readonly string[]
  readonly origins: AllowedOrigins | undefined
  /** Names by which pages reach it on this machine or in its network. */
  readonly hosts: readonly string[]
  readonly trustProxy: TrustProxy
  /** Whether limits per network leave out this machine and its LAN. */
  readonly localExemption: boolean
  readonly bans: BanChanges
  /** A SOCKS5 proxy for onion services. */
  readonly onionProxy: string | undefined
  readonly logLevel: LogLevel
  readonly sample: boolean
  readonly page: boolean
  /** Nodes to begin with. */
  readonly seeds: readonly Address[]
  readonly addressBook: boolean
  /** Which share of dials goes to addresses that were never connected. */
  readonly bias: (typeof BIASES)[number]
  /** Whose nodes the book holds. */
  readonly networkName: string
  /** The port that most nodes have; absent where any is as good. */
  readonly defaultPort: number | undefined
  /** Where nodes are looked for. */
  readonly search: SearchOptions
  /** Whether they are. */
  readonly discovery: boolean
}

/** @throws {UsageError} naming the flag that can't be used */
export function readRelayOptions(given: Given, env: NodeJS.ProcessEnv): RelayOptions {
  const [word] = given.words
  if (word !== undefined)
    throw new UsageError(`there is nothing to do with "${word}"; addresses are given as --connect ${word}`)
  const publicUrl = given.value('public-url')
  const search = withLists(given, readSearch(given))
  const options: RelayOptions = {
    listen: given.values('listen').map((text) => valueOf('listen', () => parseListen(text))),
    connect: given.values('connect').map((text) => valueOf('connect', () => readAddress(text))),
    maxPeers: wholeNumber('max-peers', given.value('max-peers') ?? String(DEFAULT_MAX_PEERS), 1, MOST_PEERS),
    dataDir: given.value('data-dir') ?? defaultDataDir(env),
    tls: readTls(given),
    publicEndpoint: publicUrl === undefined ? undefined : valueOf('public-url', () => parsePublicUrl(publicUrl)),
    advertised: given.values('advertise').map((text) => valueOf('advertise', () => readEndpoint(text))),
    bridge: given.values('bridge').map((text) => valueOf('bridge', () => parseBridgeTarget(text))),
    bridgeAllow: given.values('bridge-allow').map((text) => valueOf('bridge-allow', () => parseAllowRule(text))),
    ticketKeyFiles: given.values('ticket-key'),
    origins: readOrigins(given),
    hosts: given.values('host').map((text) => valueOf('host', () => checkHost(text))),
    trustProxy: readTrust(given),
    localExemption: !given.has('no-local-exemption'),
    bans: readBanChanges(given),
    onionProxy: readProxy(given.value('onion-proxy')),
    logLevel: readLogLevel(given.value('log-level') ?? 'info'),
    sample: given.has('sample'),
    page: !given.has('no-page'),
    seeds: given.values('seed').map((text) => valueOf('seed', () => readAddress(text))),
    addressBook: !given.has('no-address-book'),
    bias: readBias(given.value('bias') ?? 'even'),
    networkName: readNetworkName(given.value('network-name') ?? 'main'),
    defaultPort: readDefaultPort(given, search),
    search,
    discovery: !given.has('no-discovery'),
  }
  check(options)
  checkBook(given)
  return options
}

function check(options: RelayOptions): void {
  const { listen, connect, maxPeers, bridge, tls, sample } = options
  checkTickets(options)
  once(
    'listen',
    listen.filter(({ port }) => port > 0).map(({ scheme, host, port }) => formatEndpoint({ scheme, host, port })),
    'the address',
  )
  once(
    'bridge',
    bridge.map(({ alias }) => alias),
    'the alias',
  )
  once(
    'connect',
    connect.map((address) => formatAddress(address)),
    'the address',
  )
  if (options.seeds.length > 0 && !options.addressBook)
    throw new UsageError('--seed is of no use with --no-address-book: nobody asks it')
  const wanted = connect.length + (sample ? 1 : 0)
  if (wanted > maxPeers)
    throw new UsageError(`--max-peers ${maxPeers} leaves no room for the ${wanted} peers to connect to`)
  const hasSecure = listen.some(({ scheme }) => scheme === 'wss')
  if (hasSecure && !tls) throw new UsageError('--listen wss://… needs --tls-cert and --tls-key')
  if (tls && listen.length > 0 && !hasSecure) throw new UsageError('--tls-cert is of no use: nothing listens on wss://')
  if (bridge.length > 0 && listen.length > 0 && listen.every(({ scheme }) => scheme === 'tcp')) {
    throw new UsageError('--bridge is of no use: tabs need a listener on ws:// or wss://')
  }
}

function checkBook(given: Given): void {
  if (!given.has('no-address-book')) return
  const useless = ['bias', 'default-port', 'network-name'].find((flag) => given.value(flag) !== undefined)
  if (useless !== undefined) throw new UsageError(`--${useless} is of no use with --no-address-book`)
}

function checkTickets({ listen, bridgeAllow, ticketKeyFiles }: RelayOptions): void {
  if (bridgeAllow.length > 0 && ticketKeyFiles.length === 0) {
    throw new UsageError('--bridge-allow needs --ticket-key too: without a key there are no tickets')
  }
  if (ticketKeyFiles.length === 0) return
  if (bridgeAllow.length === 0) {
    throw new UsageError('--ticket-key needs --bridge-allow too: without it tickets may name nothing')
  }
  once('ticket-key', ticketKeyFiles, 'the file')
  if (listen.length > 0 && listen.every(({ scheme }) => scheme === 'tcp')) {
    throw new UsageError('--ticket-key is of no use: tabs need a listener on ws:// or wss://')
  }
}

function readProxy(text: string | undefined): string | undefined {
  if (text !== undefined) valueOf('onion-proxy', () => checkProxy(text))
  return text
}

function checkProxy(text: string): void {
  tcp({ proxies: { onion: text } })
  const { hostname, port } = new URL(text)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (!isHost(host)) throw new TypeError(`no host can be called "${host}"`)
  if (port === '0') throw new TypeError(`a proxy listens at no port 0: ${text}`)
}

function once(flag: string, texts: readonly string[], what: string): void {
  const double = texts.find((text, index) => texts.indexOf(text) !== index)
  if (double !== undefined) throw new UsageError(`--${flag}: ${what} ${double} was given twice`)
}

function parseListen(text: string): Endpoint {
  const endpoint = readEndpoint(text)
  if (!['tcp', 'ws', 'wss'].includes(endpoint.scheme)) {
    throw new TypeError(`a listener is tcp://host:port, ws://host:port or wss://host:port, not ${text}`)
  }
  if (endpoint.path?.includes('?')) throw new TypeError(`a listener's path has no query: ${text}`)
  return endpoint
}

/** `https://relay.example/` or `wss://relay.example/`, as the WebSocket endpoint that it means. */
function parsePublicUrl(text: string): Endpoint {
  const match = /^(https?|wss?):\/\//i.exec(text)
  if (!match) throw new TypeError(`a public URL is https://host/ or http://host/, not ${text}`)
  const secure = /^(https|wss)$/i.test(match[1]!)
  const endpoint = readEndpoint(`${secure ? 'wss' : 'ws'}${text.slice(match[1]!.length)}`)
  if (endpoint.port === 0) throw new TypeError(`a public URL can't have port 0: ${text}`)
  if (endpoint.path?.includes('?')) throw new TypeError(`a public URL has no query: ${text}`)
  return endpoint
}

function readTls(given: Given): RelayOptions['tls'] {
  const certFile = given.value('tls-cert')
  const keyFile = given.value('tls-key')
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) throw new UsageError('--tls-key needs --tls-cert too')
  if (keyFile === undefined) throw new UsageError('--tls-cert needs --tls-key too')
  return { certFile, keyFile }
}

function readOrigins(given: Given): AllowedOrigins | undefined {
  if (!given.has('origins')) return undefined
  const entries = given
    .values('origins')
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
  if (entries.includes('*')) return '*'
  return entries.map((entry) => valueOf('origins', () => checkOrigin(entry)))
}

/** Ranges of proxies, or how many there are; the flag alone is one. */
function readTrust(given: Given): TrustProxy {
  if (!given.has('trust-proxy')) return false
  const texts = given.values('trust-proxy')
  const [text = '1'] = texts
  const isCount = texts.length < 2 && /^\d+$/.test(text)
  const trust = isCount ? Number(text) : texts.flatMap((each) => each.split(','))
  valueOf('trust-proxy', () => readTrustProxy(trust))
  return trust
}

function readNetworkName(text: string): string {
  const { length } = new TextEncoder().encode(text)
  if (length >= 1 && length <= 32) return text
  throw new UsageError(`--network-name must have 1 to 32 bytes, not ${length}`)
}

function readBias(text: string): RelayOptions['bias'] {
  const bias = BIASES.find((known) => known === text)
  if (bias) return bias
  throw new UsageError(`--bias must be ${BIASES.join(' or ')}, not "${text}"`)
}

function readDefaultPort(given: Given, { chain }: SearchOptions): number | undefined {
  const text = given.value('default-port')
  if (text !== undefined) return wholeNumber('default-port', text, 1, 65_535)
  return chain ? ETHEREUM_PORT : undefined
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (level) return level
  const near = nearest(text, LOG_LEVELS)
  throw new UsageError(
    `--log-level must be one of ${LOG_LEVELS.join(', ')}, not "${text}"${near ? `; did you mean ${near}?` : ''}`,
  )
}
