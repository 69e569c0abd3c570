// The form of `peers.json`: JSON as a whole, and line by line, each with a checksum, so that damage costs single lines.
import { isTablesHeader } from '../addresses/stored-rows.ts'
import type { TablesHeader } from '../addresses/address-tables.ts'
import { utf8ToBytes } from '../base/bytes.ts'
import { checkedLine, readCheckedLine } from '../base/checked-line.ts'

/** What the file says it is; a higher version is one that this program can't know. */
const KIND = 'peerwire address book'
const VERSION = 1

/** Most entries that are read: what fills both tables is 81,920. */
const MAX_ROWS = 100_000
/** Bytes that are decoded at once: some fifty rows, two milliseconds of work to restore; a longer line is damage. */
const WINDOW_BYTES = 16_384
/** Most anchors that are read; two are written. */
const MAX_ANCHORS = 8
const NEWLINE = 10

/** What a book says of itself. */
export interface BookHeader {
  /** The network whose nodes it holds. */
  readonly network: string
  /** Seconds since 1970. */
  readonly savedAt: number
  readonly tables: TablesHeader
  /** Whom to dial first after a restart, in the written form. */
  readonly anchors: readonly string[]
}

/** What was found in a file. */
export interface ReadBook {
  /** Absent when both of its copies are spoiled. */
  readonly header: BookHeader | undefined
  /** Batches of rows as they were found, each of some hundred; not checked further. */
  readonly batches: readonly (readonly unknown[])[]
  readonly rows: number
  /** What was wrong with it; absent when nothing was. */
  readonly damage: string | undefined
  /** Why it is not for us at all; then there is nothing else. */
  readonly foreign: string | undefined
}

/** Writes a book in slices; the answer is the file. `slices` are rows as `AddressTables.rows` gives them. */
export function* encodeBook(
  header: BookHeader,
  slices: Iterable<readonly unknown[]>,
): Generator<void, Uint8Array, void> {
  const first = checkedLine({ kind: KIND, version: VERSION, ...header })
  const chunks = [utf8ToBytes(`[\n${first},\n`)]
  let rows = 0
  for (const slice of slices) {
    rows += slice.length
    chunks.push(utf8ToBytes(slice.map((row) => `${checkedLine(row)},\n`).join('')))
    yield
  }
  const last = checkedLine({ kind: KIND, version: VERSION, ...header, rows })
  chunks.push(utf8ToBytes(`${last}\n]\n`))
  return yield* joined(chunks)
}

/** Reads a book in slices, and whatever can be saved of one that is not whole. Never throws. */
export function* decodeBook(bytes: Uint8Array, network: string): Generator<void, ReadBook, void> {
  const found = new Findings()
  for (const text of windows(bytes)) {
    found.take(text)
    yield
  }
  return found.result(network)
}

class Findings {
  readonly #batches: unknown[][] = []
  #header: Record<string, unknown> | undefined
  #announced: number | undefined
  #rows = 0
  #spoiled = 0
  #surplus = 0

  take(text: string): void {
    const batch: unknown[] = []
    for (const line of text.split('\n')) {
      if (line === '' || line === '[' || line === ']') continue
      const value = readCheckedLine(line)
      if (value === undefined) this.#spoiled++
      else if (value['kind'] === KIND) this.#takeHeader(value)
      else if (this.#rows === MAX_ROWS) this.#surplus++
      else {
        batch.push(value)
        this.#rows++
      }
    }
    if (batch.length > 0) this.#batches.push(batch)
  }

  #takeHeader(value: Record<string, unknown>): void {
    this.#header ??= value
    if (typeof value['rows'] === 'number') this.#announced = value['rows']
  }

  result(network: string): ReadBook {
    const foreign = this.#foreign(network)
    if (foreign !== undefined) return { header: undefined, batches: [], rows: 0, damage: undefined, foreign }
    const header = this.#header && headerOf(this.#header)
    return { header, batches: this.#batches, rows: this.#rows, damage: this.#damage(header), foreign }
  }

  #foreign(network: string): string | undefined {
    if (!this.#header) return undefined
    const { version, network: other } = this.#header
    if (version !== VERSION) return `it has version ${String(version)}, this program knows ${VERSION}`
    if (other !== network) return `it is of the network "${String(other)}", this node is of "${network}"`
    return undefined
  }

  #damage(header: BookHeader | undefined): string | undefined {
    const parts: string[] = []
    if (!header) parts.push('no header')
    if (this.#spoiled > 0) parts.push(counted(this.#spoiled, 'spoiled line'))
    if (this.#surplus > 0) parts.push(`${this.#surplus} too many`)
    if (this.#announced === undefined) parts.push('no end')
    else if (this.#announced > this.#rows && this.#surplus === 0) parts.push(`${this.#announced - this.#rows} missing`)
    return parts.length > 0 ? parts.join(', ') : undefined
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function headerOf(value: Record<string, unknown>): BookHeader | undefined {
  const { network, savedAt, tables, anchors } = value
  if (typeof network !== 'string' || !isTablesHeader(tables)) return undefined
  return {
    network,
    savedAt: typeof savedAt === 'number' ? savedAt : 0,
    tables,
    anchors: Array.isArray(anchors) ? anchors.filter((anchor) => typeof anchor === 'string').slice(0, MAX_ANCHORS) : [],
  }
}

// Whole lines, some hundred at once; what has no line break for too long is one spoiled line.
function* windows(bytes: Uint8Array): Generator<string, void, void> {
  const decoder = new TextDecoder('latin1')
  let at = 0
  while (at < bytes.length) {
    let end = Math.min(at + WINDOW_BYTES, bytes.length)
    if (end < bytes.length) end = bytes.lastIndexOf(NEWLINE, end - 1) + 1
    if (end > at) yield decoder.decode(bytes.subarray(at, end))
    else {
      const next = bytes.indexOf(NEWLINE, at)
      end = next < 0 ? bytes.length : next + 1
      yield '?'
    }
    at = end
  }
}

function* joined(chunks: readonly Uint8Array[]): Generator<void, Uint8Array, void> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
    yield
  }
  return bytes
}
