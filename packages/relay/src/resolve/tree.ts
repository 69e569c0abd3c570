// Reads a list in DNS for `peerwire resolve`: as long as it moves, and what was read of it when it doesn't.
import { type Clock, defaultCrypto, silentLogger, systemClock, systemRandom } from '@peerwire/core'
import { formatRecord, type NodeRecord, systemResolver, TreeClient, type TreeProgress } from '@peerwire/discovery/node'
import type { Surroundings } from '../command/command.ts'
import { type Output, sentenceOf } from '../command/output.ts'
import { type Fields, printFields, recordFields } from './fields.ts'

/** Milliseconds without anything new after which a list is given up. */
export const STALL_MS = 30_000
/** Questions at once: each waits for an answer that is some ten milliseconds away. */
const PARALLEL = 16
/** Texts kept, as many as a list may have: one that changes meanwhile is asked for what is new in it. */
const KEPT_TEXTS = 40_000
/** Milliseconds until the first line that says how far it has come, and between two of them. */
const [FIRST_LINE_MS, NEXT_LINE_MS] = [1_000, 5_000]

export interface TreeQuestion {
  /** None: those of this machine. */
  readonly servers: readonly string[]
  /** Most questions a second. */
  readonly perSecond: number
  /** Whether every record is printed. */
  readonly isAll: boolean
  /** Milliseconds in all; absent: as long as it moves. */
  readonly timeoutMs: number | undefined
}

/** @throws {Error} why it was not read to its end; what was read of it has been printed by then */
export async function resolveTree(
  text: string,
  { servers, perSecond, isAll, timeoutMs }: TreeQuestion,
  { signal, output, warn }: Surroundings,
): Promise<number> {
  const resolver = systemResolver(servers.length > 0 ? { servers } : {})
  const limits = { perSecond, burst: perSecond, cached: KEPT_TEXTS }
  const surroundings = { clock: systemClock, crypto: defaultCrypto, random: systemRandom, logger: silentLogger }
  const client = new TreeClient({ resolver, limits, ...surroundings })
  const lines = tellProgress(systemClock, (line) => warn(`peerwire resolve: ${line}`))
  let last: TreeProgress | undefined
  const progress = (now: TreeProgress): void => {
    last = now
    lines.progress(now)
  }
  try {
    const options = { parallel: PARALLEL, stallMs: timeoutMs ?? STALL_MS, progress }
    const { url } = await client.read(text, signal, options)
    printTree(output, { ...last!, url, isAll })
    return 0
  } catch (error) {
    if (!last) throw error
    printTree(output, { ...last, url: text, isAll })
    throw new Error(`${sentenceOf(error)}: read were ${amount(last)}`, { cause: error })
  } finally {
    lines.stop()
  }
}

interface ReadTree extends TreeProgress {
  readonly url: string
  readonly isAll: boolean
}

function printTree(output: Output, { url, seq, texts, left, records, links, isAll }: ReadTree): void {
  for (const record of isAll ? records : []) {
    output.event('record', recordFields(record))
    output.text(formatRecord(record))
  }
  const [first] = isAll ? [] : records
  const isWhole = left === 0
  const counts = { isWhole, texts, ...(isWhole ? {} : { left }), records: records.length }
  printFields(output, 'tree', { url, seq, ...counts, links, ...(first ? exampleFields(first) : {}) })
}

function exampleFields(record: NodeRecord): Fields {
  return Object.fromEntries(Object.entries(recordFields(record)).map(([key, value]) => [`first ${key}`, value]))
}

function amount({ texts, left, records }: TreeProgress): string {
  return `${texts} of at least ${texts + left} texts, ${records.length} records`
}

/** Writes a line after a second, and then every five; a list that is read at once has none. */
export function tellProgress(
  clock: Clock,
  write: (line: string) => void,
): { progress(now: TreeProgress): void; stop(): void } {
  let last: TreeProgress | undefined
  let toldTexts = 0
  const tell = (): void => {
    timer = clock.setTimer(NEXT_LINE_MS, tell)
    if (!last) return
    write(`${amount(last)}${last.texts === toldTexts ? '; nothing new' : ''}`)
    toldTexts = last.texts
  }
  let timer = clock.setTimer(FIRST_LINE_MS, tell)
  return { progress: (now) => void (last = now), stop: () => timer.cancel() }
}
