// The flags of all commands that look for nodes, and what they mean.
import { defaultCrypto, isPeerError } from '@peerwire/core'
import { parseNode, parseNodeUrl, parseTreeUrl } from '@peerwire/discovery'
import { systemResolver, udp } from '@peerwire/discovery/node'
import type { FlagTable, Given } from '../command/flags.ts'
import { valueOf } from '../command/flags.ts'
import { UsageError } from '../command/usage-error.ts'
import { isHost } from '../command/places.ts'
import { chainNamed } from '../networks/chains.ts'
import type { KnownChain } from '../networks/known-chain.ts'

export const NETWORK_FLAG: FlagTable = {
  network: {
    value: 'NAME',
    help: 'mainnet, sepolia or hoodi: its nodes are looked for, by its bootnodes and its list',
  },
}

export const BOOTNODE_FLAG: FlagTable = {
  bootnode: {
    value: 'NODE',
    many: true,
    help: 'look for nodes over UDP (discv4), beginning with enode://KEY@host:port or enr:…; in place of those of the network',
  },
}

export const DNS_FLAG: FlagTable = {
  dns: {
    value: 'URL',
    many: true,
    help: 'look for nodes in a list in DNS, enrtree://KEY@domain; in place of that of the network',
  },
}

export const DNS_LOCAL_FLAG: FlagTable = {
  'dns-local': {
    help: 'nodes of the lists may be on this machine and in its network: for lists of your own, by --dns',
  },
}

export const DNS_SERVER_FLAG: FlagTable = {
  'dns-server': {
    value: 'ADDRESS',
    many: true,
    help: "DNS server to ask for lists, IP or IP:port; default: this machine's",
  },
}

/** Where nodes are looked for. */
export interface SearchOptions {
  readonly chain: KnownChain | undefined
  readonly bootnodes: readonly string[]
  readonly trees: readonly string[]
  /** Servers that are asked for lists; none or absent: those of this machine. */
  readonly dnsServers?: readonly string[]
  /** Whether lists may lead to this machine and its network; default: no. */
  readonly dnsLocal?: boolean
}

/** Where to ask from, given as `--listen`; absent: anywhere. @throws {UsageError} */
export function readUdpListen(given: Given): string | undefined {
  const text = given.value('listen')
  // The factory opens nothing.
  if (text !== undefined) valueOf('listen', () => udp({ listen: text }))
  return text
}

/** Servers to ask for lists; none: those of this machine. @throws {UsageError} */
export function readDnsServers(given: Given): readonly string[] {
  return given.values('dns-server').map((text) => valueOf('dns-server', () => checkServer(text)))
}

function checkServer(text: string): string {
  systemResolver({ servers: [text] })
  return text
}

/** What is named replaces all that the network would have. @throws {UsageError} */
export function readSearch(given: Given): SearchOptions {
  const name = given.value('network')
  const chain = name === undefined ? undefined : chainNamed(name)
  const bootnodes = given.values('bootnode').map((text) => valueOf('bootnode', () => checkNode(text)))
  const trees = given.values('dns').map((text) => valueOf('dns', () => checkTree(text)))
  const isNamed = bootnodes.length + trees.length > 0
  if (isNamed || !chain) return { chain, bootnodes, trees }
  return { chain, bootnodes: chain.bootnodes, trees: [chain.tree] }
}

/** The same search, with what was said of how its lists are read. @throws {UsageError} */
export function withLists(given: Given, search: SearchOptions): SearchOptions {
  if (given.has('dns-server') && search.trees.length === 0) {
    throw new UsageError('--dns-server is of no use: no list is looked for, by --dns or --network')
  }
  if (given.has('dns-local') && given.values('dns').length === 0) {
    throw new UsageError('--dns-local needs --dns too: strangers have their nodes in the list of a network')
  }
  return { ...search, dnsServers: readDnsServers(given), dnsLocal: given.has('dns-local') }
}

function checkNode(text: string): string {
  const { host, udp: port } = readNode(text)
  if (host === undefined) throw new TypeError(`this says not where the node is: ${text.slice(0, 80)}`)
  if (port === 0) throw new TypeError(`nobody can be asked at UDP port 0: ${text.slice(0, 80)}`)
  return text
}

/** A node as it is written, with a host that can be one. @throws {TypeError} */
export function readNode(text: string): { readonly host?: string | undefined; readonly udp: number } {
  try {
    const node = parseNode(text, defaultCrypto) ?? parseNodeUrl(text, defaultCrypto)
    if (node.host !== undefined && !isHost(node.host)) throw new TypeError(`no host can be called "${node.host}"`)
    return node
  } catch (error) {
    if (isPeerError(error)) throw new TypeError(error.message, { cause: error })
    throw error
  }
}

function checkTree(text: string): string {
  parseTreeUrl(text)
  return text
}
