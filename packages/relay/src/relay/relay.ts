// The relay as a value: a node with its listeners, page, bridge and key.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createNode,
  defaultCrypto,
  type Endpoint,
  evictWorst,
  guardFloods,
  type Logger,
  type Node,
  portableCrypto,
  standing,
  systemClock,
} from '@peerwire/core'
import { loadOrCreatePrivateKey, openStorage } from '@peerwire/core/storage/node'
import { readTrustProxy } from '@peerwire/transport-ws/node'
import { formatAllowRule } from '../bridge/allow-list.ts'
import { type Bridge, type BridgeOptions, createBridge } from '../bridge/bridge.ts'
import { type EventGuard, guardEvents } from '../command/event-guard.ts'
import { holdEvents, type Output } from '../command/output.ts'
import { loadPage } from '../http/page-files.ts'
import { builtMs, clientName } from '../version.ts'
import { type SampleSource, startSampleSource } from '../sample/index.ts'
import { reportBans } from './bans.ts'
import { bookPlugins } from './book.ts'
import { openDataDir } from './data-dir.ts'
import { finderPlugins, foundBy, recordOf } from './finders.ts'
import { itemPlugins } from './items.ts'
import { reportLooking } from './looking.ts'
import { budgetFor, openFilesLimit } from './open-files.ts'
import type { RelayOptions } from './options.ts'
import { ownHosts } from './own-hosts.ts'
import { noticeProxy } from './proxy-notice.ts'
import { prefixesOf } from './prefixes.ts'
import { type AddressFacts, addressesFor, type BridgeEntry, bridgeEntries, pageUrl } from './public-addresses.ts'
import { reportListening, reportNode } from './report.ts'
import { readTicketKeys, ticketsFor } from './tickets.ts'
import { startWarnings } from './start-warnings.ts'
import { type TlsFiles, watchTlsFiles } from './tls-files.ts'
import { relayTransports } from './transports.ts'
import { uselessness } from './usefulness.ts'

/** Of the relay's private key, in its data directory. */
const KEY_FILE = 'key'

const PAGE_FOLDER = fileURLToPath(new URL('../../page/', import.meta.url))

export interface Relay {
  readonly node: Node
  readonly dataDir: string
  /** What others dial. */
  readonly addresses: readonly string[]
  /** Ways through the bridge; empty while it is closed. */
  readonly bridge: readonly BridgeEntry[]
  /** What tickets may name, in the written form; empty where none are taken. */
  readonly bridgeAllow: readonly string[]
  /** Its record in text form, for lists in DNS; absent where nobody outside can dial it. */
  readonly record: string | undefined
  /** Where it is asked over UDP, and its record; absent where it looks for nobody. */
  readonly found: { readonly udp: string; readonly record: string } | undefined
  /** Whether a sample source runs beside it. */
  readonly hasSample: boolean
  /** Why it is of no use to a tab's program; absent where it is. */
  readonly notice: string | undefined
  /** Absent where no page is served. */
  readonly pageUrl: string | undefined
  /** Reads its TLS files again now; it does so by itself when they change. */
  renew(): void
  /** Ends peers, bridge and listeners in order. */
  close(): Promise<void>
}

export interface RelaySurroundings {
  readonly output: Output
  readonly logger: Logger
}

/** @throws {Error} one sentence: a taken port, a data directory or key file that can't be used */
export async function startRelay(
  options: RelayOptions,
  { output, logger: unguarded }: RelaySurroundings,
): Promise<Relay> {
  // A node guards what it writes itself.
  const logger = guardFloods(unguarded, systemClock)
  const tls = options.tls && (await watchTlsFiles(options.tls, { clock: systemClock, logger }))
  const warn = (sentence: string): void => logger.log('warn', sentence)
  const ticketKeys = await readTicketKeys(options, warn)
  const dataDir = await openDataDir(options.dataDir)
  const privateKey = await loadOrCreatePrivateKey(join(dataDir, KEY_FILE), { warn })
  const { certFile, keyFile } = options.tls ?? {}
  const own = [dataDir, join(dataDir, KEY_FILE), certFile, keyFile, ...options.ticketKeyFiles]
  const privatePaths = own.filter((path) => path !== undefined)
  const openFiles = await openFilesLimit()
  const budget = budgetFor(options, openFiles)
  const startFacts = {
    options,
    privatePaths,
    clock: systemClock,
    crypto: defaultCrypto,
    privateKey,
    openFiles,
    builtMs,
  }
  for (const sentence of await startWarnings(startFacts)) unguarded.log('warn', sentence)
  const tickets = ticketsFor(options, ticketKeys, portableCrypto.publicKeyOf(privateKey))
  const bridge = createRelayBridge(options, { tickets, logger, limits: budget.bridge })
  const listeners: Endpoint[] = []
  const facts = (): AddressFacts => ({
    publicKey: node.publicKey,
    listeners,
    publicEndpoint: options.publicEndpoint,
    advertised: options.advertised,
    bridge: bridge.targets,
    notice: uselessness(options),
    ...signed,
  })
  const signed: { record?: string | undefined } = {}
  const opened = (endpoint: Endpoint): void => void listeners.push(endpoint)
  const page = options.page ? await loadPage(PAGE_FOLDER) : undefined
  const events = guardEvents(output, systemClock)
  const held = holdEvents(events.output)
  const source = options.sample ? await startSampleSource() : undefined
  const guard = standing(options.bans)
  const noticeProxies = options.trustProxy === false ? noticeProxy(warn) : (): void => undefined
  const node = createNode({
    privateKey,
    name: clientName,
    transports: relayTransports({ options, tls: tls?.options, bridge, page, facts, notice: noticeProxies, opened }),
    plugins: [
      guard,
      ...itemPlugins(held.output, logger, options.search.chain ?? 'auto'),
      ...bookPlugins(options, source?.address),
      ...finderPlugins(options, privateKey),
    ],
    storage: openStorage(dataDir),
    persistent: [...options.connect, ...(source ? [source.address] : [])],
    maxPeers: budget.maxPeers,
    limits: budget.limits,
    prefixes: prefixesOf(options),
    admission: evictWorst(),
    logger: unguarded,
  })
  reportNode(node, held.output)
  try {
    await node.start()
  } catch (error) {
    tls?.close()
    await source?.close()
    throw error
  }
  signed.record = recordOf(node, options, privateKey)
  const stopLooking = reportLooking({ node, clock: systemClock, logger, output })
  const relay = describeRelay({ node, dataDir, bridge, source, facts: facts(), options, events, tls, stopLooking })
  reportListening(addressesFor({ ...facts(), publicEndpoint: undefined, advertised: [] }), output)
  if (relay.found) output.event('discovery', relay.found)
  for (const { alias, endpoint, address } of relay.bridge) output.event('bridge', { alias, endpoint, address })
  reportBans(guard, output)
  held.release()
  return relay
}

function createRelayBridge(options: RelayOptions, parts: Pick<BridgeOptions, 'tickets' | 'logger' | 'limits'>): Bridge {
  const { bridge, origins, trustProxy } = options
  const proxies = readTrustProxy(trustProxy)
  return createBridge({
    ...parts,
    targets: bridge,
    clock: systemClock,
    origins,
    hosts: ownHosts(options),
    proxies,
    prefixes: prefixesOf(options),
    remoteOf: proxies.remoteOf,
  })
}

interface Running {
  readonly node: Node
  readonly dataDir: string
  readonly bridge: Bridge
  readonly source: SampleSource | undefined
  readonly facts: AddressFacts
  readonly options: RelayOptions
  readonly events: EventGuard
  readonly tls: TlsFiles | undefined
  readonly stopLooking: () => void
}

function describeRelay({ node, dataDir, bridge, source, facts, options, events, tls, stopLooking }: Running): Relay {
  const { publicEndpoint, listeners } = facts
  const pageEndpoint = publicEndpoint ?? listeners.find(({ scheme }) => scheme !== 'tcp')
  return {
    node,
    dataDir,
    addresses: addressesFor(facts),
    record: facts.record,
    found: foundBy(node),
    hasSample: source !== undefined,
    notice: facts.notice,
    bridge: bridgeEntries(facts, pageEndpoint),
    bridgeAllow: options.bridgeAllow.map(formatAllowRule),
    pageUrl: options.page && pageEndpoint ? pageUrl(pageEndpoint, publicEndpoint?.path) : undefined,
    renew: () => void tls?.reload(),
    close: async () => {
      tls?.close()
      stopLooking()
      await Promise.all([bridge.close(), node.close(), source?.close()])
      events.flush()
    },
  }
}
