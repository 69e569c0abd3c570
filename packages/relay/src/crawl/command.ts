// `peerwire crawl`: walks a network and writes down whom it met.
import { rename, writeFile } from 'node:fs/promises'
import { systemClock } from '@peerwire/core'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { UsageError } from '../command/usage-error.ts'
import { BOOTNODE_FLAG, NETWORK_FLAG, readSearch } from '../discovery/flags.ts'
import { startSearcher } from '../discovery/searcher.ts'
import { reasonOf } from '../relay/data-dir.ts'
import { type CrawledNode, crawl } from './crawl.ts'

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
  out: { value: 'FILE', help: 'where the result is written; default: standard output' },
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
      'Meets nodes by random walks (discv4), asks each for its record, and connects once to ask for its name and what it speaks. Writes JSON when the time is over, or at SIGINT.',
    flags: FLAGS,
    more: ['Examples:', '  peerwire crawl --network hoodi --for 600 --out nodes.json'],
  }),
  run: runCrawl,
}

async function runCrawl(given: Given, { signal, output }: Surroundings): Promise<number> {
  const { chain, bootnodes } = readSearch(given)
  if (given.words.length > 0) throw new UsageError(`there is nothing to do with "${given.words[0]}"`)
  if (bootnodes.length === 0) throw new UsageError('nobody to begin with: name a --network or a --bootnode')
  const seconds = wholeNumber('for', given.value('for') ?? String(DEFAULT_SECONDS), 1, MOST_SECONDS)
  const parallel = wholeNumber('parallel', given.value('parallel') ?? String(DEFAULT_PARALLEL), 1, MOST_PARALLEL)
  const discv4 = await startSearcher(bootnodes, given.value('listen'))
  const startedMs = systemClock.wallNow()
  const end = new AbortController()
  const timer = systemClock.setTimer(seconds * 1000, () => end.abort())
  const onSignal = (): void => end.abort()
  signal.addEventListener('abort', onSignal, { once: true })
  if (signal.aborted) onSignal()
  let nodes: readonly CrawledNode[]
  try {
    const options = { parallel, asksName: !given.has('no-hello'), clock: systemClock, signal: end.signal }
    nodes = await crawl(discv4, { ...options, found: (node) => output.event('node', { ...node }) })
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onSignal)
    await discv4.close()
  }
  const tookMs = Math.round(systemClock.wallNow() - startedMs)
  const text = `${JSON.stringify({ version: 1, network: chain?.name, startedMs, tookMs, nodes }, undefined, 1)}\n`
  const file = given.value('out')
  if (file !== undefined) await writeWhole(file, text)
  else output.text(text.trimEnd())
  const named = nodes.filter(({ name }) => name !== undefined).length
  output.event('crawled', { nodes: nodes.length, named, tookMs, ...(file === undefined ? {} : { file }) })
  if (file !== undefined) output.text(`${nodes.length} nodes, ${named} with their names: ${file}`)
  return 0
}

async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  } catch (cause) {
    throw new Error(`cannot write ${file}: ${reasonOf(cause)}`, { cause })
  }
}
