// Bans as they are kept: lines with checksums, so that a bad byte costs one or two bans at most.
import { readCheckedLine } from '../base/checked-line.ts'
import type { StoredForm, StoredRows } from '../keeping/stored-form.ts'
import { MAX_BANS } from './ban-list.ts'
import type { Ban } from './ban-list.ts'

const KIND = 'peerwire bans'
const VERSION = 2
/** Bans of one slice: written in a millisecond. */
const SLICE_ROWS = 200
/** How the header of the first version began, which had the number of bans in place of an end. */
const FIRST_VERSION = /^\[\n\["[0-9a-f]{8}",\{"format":"peerwire bans","version":1,"count":(\d{1,9})\}\],?\n/

/** `bans` gives those that hold now; `late` takes in what could be read only after the start. */
export function banForm(bans: () => readonly Ban[], late: (bans: readonly Ban[]) => void): StoredForm {
  return {
    name: 'bans.json',
    title: 'Bans',
    kind: KIND,
    version: VERSION,
    maxRows: MAX_BANS,
    rows: () => slices(bans()),
    keyOf: (row) => (row as Partial<Ban>).target,
    earlier: readFirstVersion,
    late: (found) => late(bansOf(found)),
  }
}

function* slices(bans: readonly Ban[]): Generator<readonly Ban[], void, void> {
  for (let at = 0; at < bans.length; at += SLICE_ROWS) yield bans.slice(at, at + SLICE_ROWS)
}

/** What of the rows are bans. */
export function bansOf({ batches }: StoredRows): readonly Ban[] {
  return batches.flat().filter(isBan).slice(0, MAX_BANS)
}

// A whole one: of one that is spoiled the lines are read as any others.
function readFirstVersion(bytes: Uint8Array): StoredRows | undefined {
  const text = new TextDecoder('latin1').decode(bytes)
  const count = FIRST_VERSION.exec(text)?.[1]
  if (count === undefined) return undefined
  const [header, ...rest] = text.split('\n').filter((line) => !['', '[', ']'].includes(line))
  const bans = rest.map((line): unknown => readCheckedLine(line)).filter(isBan)
  const isWhole = readCheckedLine(header!) !== undefined && bans.length === rest.length && bans.length === Number(count)
  return isWhole ? { header: { version: 1 }, batches: [bans] } : undefined
}

function isBan(value: unknown): value is Ban {
  if (typeof value !== 'object' || value === null) return false
  const { target, untilMs, reason } = value as Partial<Record<keyof Ban, unknown>>
  const hasTime = untilMs === null || (typeof untilMs === 'number' && Number.isFinite(untilMs))
  return typeof target === 'string' && hasTime && typeof reason === 'string'
}
