// The form of stored values: JSON as a whole and line by line, each with a checksum: damage costs single lines.
import { utf8ToBytes } from '../base/bytes.ts'
import { checkedLine, readCheckedLine } from '../base/checked-line.ts'
import type { StoredForm, StoredHeader, StoredRows } from './stored-form.ts'

/** Bytes that are decoded at once: some fifty rows, two milliseconds of work to restore; a longer line is damage. */
const WINDOW_BYTES = 16_384
const NEWLINE = 10

/** What was found in a value. */
export interface ReadLines extends StoredRows {
  readonly rows: number
  /** What was wrong with it; absent when nothing was. */
  readonly damage: string | undefined
  /** Why it is not for us at all; then there is nothing else. */
  readonly foreign: string | undefined
}

/** Writes a value in slices; the answer is its bytes. */
export function* encodeLines(form: StoredForm): Generator<void, Uint8Array, void> {
  const { kind, version } = form
  const header = { kind, version, ...form.header?.() }
  const chunks = [utf8ToBytes(`[\n${checkedLine(header)},\n`)]
  let rows = 0
  for (const slice of form.rows()) {
    rows += slice.length
    chunks.push(utf8ToBytes(slice.map((row) => `${checkedLine(row)},\n`).join('')))
    yield
  }
  chunks.push(utf8ToBytes(`${checkedLine({ ...header, rows })}\n]\n`))
  return yield* joined(chunks)
}

/** Reads a value in slices, and whatever can be saved of one that is not whole. Never throws. */
export function* decodeLines(form: StoredForm, bytes: Uint8Array): Generator<void, ReadLines, void> {
  const earlier = form.earlier?.(bytes)
  if (earlier) {
    const rows = earlier.batches.reduce((sum, { length }) => sum + length, 0)
    return { ...earlier, rows, damage: undefined, foreign: undefined }
  }
  const found = new Findings(form)
  for (const text of windows(bytes)) {
    found.take(text)
    yield
  }
  return found.result()
}

class Findings {
  readonly #form: StoredForm
  readonly #batches: object[][] = []
  #header: Record<string, unknown> | undefined
  #announced: number | undefined
  #rows = 0
  #spoiled = 0
  #surplus = 0

  constructor(form: StoredForm) {
    this.#form = form
  }

  take(text: string): void {
    const { kind, maxRows } = this.#form
    const batch: object[] = []
    for (const line of text.split('\n')) {
      if (line === '' || line === '[' || line === ']') continue
      const value = readCheckedLine(line)
      if (value === undefined) this.#spoiled++
      else if (value['kind'] === kind) this.#takeHeader(value)
      else if (this.#rows === maxRows) this.#surplus++
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

  result(): ReadLines {
    const foreign = this.#foreign()
    if (foreign !== undefined) return { header: undefined, batches: [], rows: 0, damage: undefined, foreign }
    const { isHeader = () => true } = this.#form
    const header = this.#header && isHeader(this.#header) ? this.#header : undefined
    return { header, batches: this.#batches, rows: this.#rows, damage: this.#damage(header), foreign }
  }

  #foreign(): string | undefined {
    if (!this.#header) return undefined
    const { version: latest, foreign } = this.#form
    const { version } = this.#header
    if (typeof version !== 'number' || version > latest) {
      return `it has version ${String(version)}, this program knows ${latest}`
    }
    return foreign?.(this.#header)
  }

  #damage(header: StoredHeader | undefined): string | undefined {
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
