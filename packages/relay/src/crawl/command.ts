// `peerwire crawl`: walks a network and writes down whom it met.
import { setMaxListeners } from 'node:events'
import { systemClock } from '@peerwire/core'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { UsageError } from '../command/usage-error.ts'
import { BOOTNODE_FLAG, NETWORK_FLAG, readSearch, readUdpListen } from '../discovery/flags.ts'
import { startSearcher } from '../discovery/searcher.ts'
import { type CrawledNode, crawl } from './crawl.ts'
import { writeLines, writeToFile } from './crawl-file.ts'

/** Seconds; a small network is met within one. */
const DEFAULT_SECONDS = 60
const MOST_SECONDS = 86_400
/** Nodes that are asked at once. */
const DEFAULT_PARALLEL = 16
const MOST_PARALLEL = 256

const FLAGS: FlagTable = {
  ...NETWORK_FLAG,
  ...BOOTNODE_FLAG,
  for: { value: 'SECONDS', help: `how long to walk; default ${DEFAULT_SECONDS}` },
  out: { value: 'FILE', help: 'where the result is written, node by node; default: standard output' },
  parallel: { value: 'N', help: `nodes that are asked for their names at once; default ${DEFAULT_PARALLEL}` },
  'no-hello': { help: 'ask nobody for its name: over UDP alone' },
  listen: { value: 'URL', help: 'where to ask from, udp://IP:port; default: anywhere' },
  json: { help: 'print one JSON object a line: node, crawled' },
}

export const crawlCommand: Command = {
  name: 'crawl',
  summary: 'walk a network and write down its nodes, with the names of their clients',
  flags: FLAGS,
  help: helpText({
    usage: 'crawl [flags]',
    about:
      'Meets nodes by random walks (discv4), and asks each over UDP whether it is there, and for its record. Connects to those alone that answered, at the TCP port that they name themselves, to ask for their names and what they speak. Visits again what failed once. Writes JSON as it comes, until the time is over, or SIGINT.',
    flags: FLAGS,
    more: ['Examples:', '  peerwire crawl --network hoodi --for 600 --out nodes.json'],
  }),
  outlivesReader: (given) => given.has('out'),
  run: runCrawl,
}

async function runCrawl(given: Given, { signal, output }: Surroundings): Promise<number> {
  const { chain, bootnodes } = readSearch(given)
  if (given.words.length > 0) throw new UsageError(`there is nothing to do with "${given.words[0]}"`)
  if (bootnodes.length === 0) throw new UsageError('nobody to begin with: name a --network or a --bootnode')
  const seconds = wholeNumber('for', given.value('for') ?? String(DEFAULT_SECONDS), 1, MOST_SECONDS)
  const parallel = wholeNumber('parallel', given.value('parallel') ?? String(DEFAULT_PARALLEL), 1, MOST_PARALLEL)
  const startedMs = systemClock.wallNow()
  const listen = readUdpListen(given)
  const file = given.value('out')
  const head = { network: chain?.name, startedMs }
  const end = new AbortController()
  // Each of the nodes that are asked at once listens to it.
  setMaxListeners(0, end.signal)
  const onSignal = (): void => end.abort()
  const discv4 = await startSearcher(bootnodes, listen)
  const timer = systemClock.setTimer(seconds * 1000, onSignal)
  signal.addEventListener('abort', onSignal, { once: true })
  if (signal.aborted) onSignal()
  const counts: Counts = { nodes: 0, live: 0, named: 0, cutOff: 0, unvisited: 0 }
  try {
    const writer = file === undefined ? writeLines((line) => output.text(line), head) : await writeToFile(file, head)
    const found = async (node: CrawledNode): Promise<void> => {
      count(counts, node)
      output.event('node', { ...node })
      // What can't be written ends the walk, too, which may wait for whoever is due next.
      await writer.write(node).catch((error: unknown) => {
        end.abort()
        throw error
      })
    }
    const options = { parallel, asksName: !given.has('no-hello'), clock: systemClock, signal: end.signal, found }
    counts.unvisited = (await crawl(discv4, options)).unvisited
    const tookMs = Math.round(systemClock.wallNow() - startedMs)
    await writer.end(tookMs)
    output.event('crawled', { ...counts, tookMs, ...(file === undefined ? {} : { file }) })
    if (file !== undefined) output.text(`${summary(counts)}: ${file}`)
    return 0
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onSignal)
    await discv4.close()
  }
}

interface Counts {
  nodes: number
  live: number
  named: number
  cutOff: number
  /** Met, and not visited before the end. */
  unvisited: number
}

function count(counts: Counts, { isLive, name, isCutOff }: CrawledNode): void {
  counts.nodes++
  if (isLive) counts.live++
  if (name !== undefined) counts.named++
  if (isCutOff) counts.cutOff++
}

function summary({ nodes, live, named, cutOff, unvisited }: Counts): string {
  const parts = [`${nodes} nodes`, `${live} live`, `${named} with their names`]
  if (cutOff > 0) parts.push(`${cutOff} cut off by the end`)
  if (unvisited > 0) parts.push(`${unvisited} met and not visited`)
  return parts.join(', ')
}
