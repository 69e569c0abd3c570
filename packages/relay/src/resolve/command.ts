// `peerwire resolve`: one answer to who a record, a node URL or a list of nodes is.
import { defaultCrypto, systemClock } from '@peerwire/core'
import {
  type Discv4,
  type KnownNode,
  type NodeRecord,
  parseNode,
  parseNodeUrl,
  parseRecord,
  parseTreeUrl,
} from '@peerwire/discovery/node'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { type Output, sentenceOf } from '../command/output.ts'
import { UsageError } from '../command/usage-error.ts'
import {
  BOOTNODE_FLAG,
  DNS_SERVER_FLAG,
  NETWORK_FLAG,
  readDnsServers,
  readNode,
  readSearch,
  readUdpListen,
} from '../discovery/flags.ts'
import { startSearcher } from '../discovery/searcher.ts'
import { nodeFields, printFields, recordFields } from './fields.ts'
import { resolveTree, STALL_MS } from './tree.ts'

/** Milliseconds in all: a walk through a network takes some seconds. */
const DEFAULT_TIMEOUT_MS = 20_000
/** A day: a long list takes as long as its servers let it. */
const MOST_TIMEOUT_MS = 86_400_000
/** Questions a second: a list of 10,000 texts takes some minutes, and no server is troubled by them. */
const DEFAULT_RATE = 50
const MOST_RATE = 10_000

const FLAGS: FlagTable = {
  ...NETWORK_FLAG,
  ...BOOTNODE_FLAG,
  ...DNS_SERVER_FLAG,
  rate: { value: 'N', help: `questions a second, of a list; default ${DEFAULT_RATE}` },
  all: { help: 'print every record of a list, a line each, before what is said of the list' },
  timeout: {
    value: 'MS',
    help: `milliseconds to wait in all; default ${DEFAULT_TIMEOUT_MS}, and for a list as long as it moves, until nothing new came for ${STALL_MS}`,
  },
  listen: { value: 'URL', help: 'where to ask from, udp://IP:port; default: anywhere' },
  json: { help: 'print one JSON object: record, node or tree; with --all a record for each before the tree' },
}

export const resolveCommand: Command = {
  name: 'resolve',
  summary: 'print what a record, a node URL or a list in DNS leads to',
  flags: FLAGS,
  help: helpText({
    usage: 'resolve ENR|ENODE|ENRTREE [flags]',
    about:
      'enr:… is verified and printed. enode://KEY@host:port is asked over UDP for its record; enode://KEY alone is looked for in the network of --network or --bootnode. enrtree://KEY@domain is read from DNS, every entry checked; how far it has come is told on standard error, and what ends before its time gives what it has, with 1.',
    flags: FLAGS,
    more: [
      'Examples:',
      '  peerwire resolve enode://KEY@127.0.0.1:30303',
      '  peerwire resolve enrtree://KEY@nodes.example --all',
    ],
  }),
  run: runResolve,
}

async function runResolve(given: Given, surroundings: Surroundings): Promise<number> {
  const [text, more] = given.words
  if (text === undefined) throw new UsageError('what to resolve is missing: enr:…, enode://… or enrtree://…')
  if (more !== undefined) throw new UsageError(`one at a time, not also ${more}`)
  const timeout = given.value('timeout')
  const timeoutMs = timeout === undefined ? undefined : wholeNumber('timeout', timeout, 1, MOST_TIMEOUT_MS)
  const rate = wholeNumber('rate', given.value('rate') ?? String(DEFAULT_RATE), 1, MOST_RATE)
  const servers = readDnsServers(given)
  const listen = readUdpListen(given)
  if (/^enr:/i.test(text)) {
    const record = readArgument(() => parseRecord(text, defaultCrypto), 'this is no record: ')
    printFields(surroundings.output, 'record', recordFields(record))
    return 0
  }
  if (/^enrtree:/i.test(text)) {
    readArgument(() => parseTreeUrl(text))
    const options = { servers, perSecond: rate, isAll: given.has('all'), timeoutMs }
    return await within('end', timeoutMs, surroundings, (signal) =>
      resolveTree(text, options, { ...surroundings, signal }),
    )
  }
  const { host, udp } = readArgument(() => readNode(text))
  if (host !== undefined && udp === 0) throw new UsageError(`nobody can be asked at UDP port 0: ${text.slice(0, 80)}`)
  return await within('answer', timeoutMs ?? DEFAULT_TIMEOUT_MS, surroundings, (signal) =>
    resolveNode(text, { given, listen }, signal, surroundings.output),
  )
}

async function within(
  what: string,
  timeoutMs: number | undefined,
  { signal }: Surroundings,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const end = new AbortController()
  const onTime = (): void => end.abort(new Error(`no ${what} within ${timeoutMs} ms`))
  const timer = timeoutMs === undefined ? undefined : systemClock.setTimer(timeoutMs, onTime)
  const onSignal = (): void => end.abort(signal.reason)
  signal.addEventListener('abort', onSignal, { once: true })
  if (signal.aborted) onSignal()
  try {
    return await work(end.signal)
  } finally {
    timer?.cancel()
    signal.removeEventListener('abort', onSignal)
  }
}

// What is wrong with the word is wrong with the arguments.
function readArgument<T>(read: () => T, before = ''): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`${before}${sentenceOf(error)}`)
  }
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
    printFields(output, 'node', { ...nodeFields(node), ...recordFields(record) })
    return 0
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
