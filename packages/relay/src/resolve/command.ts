// `peerwire resolve`: one answer to who a record, a node URL or a list of nodes is.
import { Resolver } from 'node:dns'
import { defaultCrypto, silentLogger, systemClock, systemRandom } from '@peerwire/core'
import {
  type Discv4,
  type KnownNode,
  type NodeRecord,
  parseNode,
  parseNodeUrl,
  parseRecord,
  parseTreeUrl,
  systemResolver,
  TreeClient,
} from '@peerwire/discovery/node'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, valueOf, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { type Output, sentenceOf } from '../command/output.ts'
import { UsageError } from '../command/usage-error.ts'
import { BOOTNODE_FLAG, NETWORK_FLAG, readSearch, readUdpListen } from '../discovery/flags.ts'
import { startSearcher } from '../discovery/searcher.ts'
import { nodeFields, recordFields } from './fields.ts'

/** Milliseconds in all: a walk through a network takes some seconds. */
const DEFAULT_TIMEOUT_MS = 20_000
const MOST_TIMEOUT_MS = 600_000

const FLAGS: FlagTable = {
  ...NETWORK_FLAG,
  ...BOOTNODE_FLAG,
  'dns-server': { value: 'ADDRESS', many: true, help: "DNS server to ask for lists; default: this machine's" },
  timeout: { value: 'MS', help: `milliseconds to wait in all; default ${DEFAULT_TIMEOUT_MS}` },
  listen: { value: 'URL', help: 'where to ask from, udp://IP:port; default: anywhere' },
  json: { help: 'print one JSON object: record, node or tree' },
}

export const resolveCommand: Command = {
  name: 'resolve',
  summary: 'print what a record, a node URL or a list in DNS leads to',
  flags: FLAGS,
  help: helpText({
    usage: 'resolve ENR|ENODE|ENRTREE [flags]',
    about:
      'enr:… is verified and printed. enode://KEY@host:port is asked over UDP for its record; enode://KEY alone is looked for in the network of --network or --bootnode. enrtree://KEY@domain is read from DNS, every entry checked.',
    flags: FLAGS,
    more: [
      'Examples:',
      '  peerwire resolve enode://KEY@127.0.0.1:30303',
      '  peerwire resolve enrtree://KEY@nodes.example',
    ],
  }),
  run: runResolve,
}

async function runResolve(given: Given, { signal, output }: Surroundings): Promise<number> {
  const [text, more] = given.words
  if (text === undefined) throw new UsageError('what to resolve is missing: enr:…, enode://… or enrtree://…')
  if (more !== undefined) throw new UsageError(`one at a time, not also ${more}`)
  const timeoutMs = wholeNumber('timeout', given.value('timeout') ?? String(DEFAULT_TIMEOUT_MS), 1, MOST_TIMEOUT_MS)
  if (/^enr:/i.test(text))
    return print(output, 'record', recordFields(readArgument(() => parseRecord(text, defaultCrypto))))
  if (/^enrtree:/i.test(text)) readArgument(() => parseTreeUrl(text))
  else readArgument(() => parseNodeUrl(text, defaultCrypto))
  const servers = given.values('dns-server').map((server) => valueOf('dns-server', () => checkServer(server)))
  const listen = readUdpListen(given)
  const end = new AbortController()
  const timer = systemClock.setTimer(timeoutMs, () => end.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const onSignal = (): void => end.abort(signal.reason)
  signal.addEventListener('abort', onSignal, { once: true })
  if (signal.aborted) onSignal()
  try {
    if (/^enrtree:/i.test(text)) return await resolveTree(text, servers, end.signal, output)
    return await resolveNode(text, { given, listen }, end.signal, output)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onSignal)
  }
}

// What is wrong with the word is wrong with the arguments.
function readArgument<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(sentenceOf(error))
  }
}

function checkServer(text: string): string {
  try {
    new Resolver().setServers([text])
    return text
  } catch {
    throw new TypeError(`a DNS server is an IP address, or one with a port, not ${text}`)
  }
}

async function resolveTree(
  text: string,
  servers: readonly string[],
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const resolver = systemResolver(servers.length > 0 ? { servers } : {})
  const surroundings = { clock: systemClock, crypto: defaultCrypto, random: systemRandom, logger: silentLogger }
  const { url, seq, records, links } = await new TreeClient({ resolver, ...surroundings }).read(text, signal)
  const first = records[0]
  const example = first ? recordFields(first) : {}
  return print(output, 'tree', { url, seq, records: records.length, links, ...prefixed('first ', example) })
}

function prefixed(prefix: string, fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [prefix + key, value]))
}

interface NodeSearch {
  readonly given: Given
  readonly listen: string | undefined
}

async function resolveNode(
  text: string,
  { given, listen }: NodeSearch,
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const { bootnodes } = readSearch(given)
  const url = parseNodeUrl(text, defaultCrypto)
  if (url.host === undefined && bootnodes.length === 0) {
    throw new UsageError('a key alone has to be looked for: name a --network or a --bootnode')
  }
  const begin = url.host === undefined ? bootnodes : [text]
  const discv4 = await startSearcher(begin, listen)
  try {
    const node = url.host === undefined ? await find(discv4, url.publicKey, signal) : await place(text, discv4)
    const record: NodeRecord = await discv4.requestRecord(node, { signal })
    return print(output, 'node', { ...nodeFields(node), ...recordFields(record) })
  } finally {
    await discv4.close()
  }
}

async function find(discv4: Discv4, publicKey: Uint8Array, signal: AbortSignal): Promise<KnownNode> {
  const node = await discv4.resolve(publicKey, { signal })
  if (node) return node
  throw new Error('the node was not found in the network')
}

// A name was looked up when the search began, as its only node.
async function place(text: string, discv4: Discv4): Promise<KnownNode> {
  const node = parseNode(text, defaultCrypto) ?? discv4.bootnodes[0]
  if (node) return node
  throw new Error(`the name in ${text.replace(/[0-9a-f]{120}/i, '…')} leads nowhere`)
}

function print(output: Output, event: string, fields: Readonly<Record<string, unknown>>): number {
  output.event(event, fields)
  const width = Math.max(...Object.keys(fields).map((key) => key.length)) + 2
  for (const [key, value] of Object.entries(fields)) output.text(`${key.padEnd(width)}${String(value)}`)
  return 0
}
