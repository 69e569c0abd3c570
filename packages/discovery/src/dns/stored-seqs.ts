// The latest sequences of DNS lists as they are kept, so that no list goes back.
import type { StoredForm, StoredRows } from '@peerwire/core/keeping'
import { readFirstObject } from '../first-version.ts'

/** The first version was an object of JSON, without a word on what it is. */
const VERSION = 2
/** Sequences kept; trees that aren't asked for any more are forgotten past it. */
const MAX_STORED = 64
/** Bytes of the largest text of the first version that is read. */
const MAX_FIRST_BYTES = 65_536

interface Row {
  readonly tree: string
  readonly seq: number
}

/** `late` takes in what could be read only after the start. */
export function seqForm(
  seqs: () => ReadonlyMap<string, number>,
  late: (seqs: ReadonlyMap<string, number>) => void,
): StoredForm {
  return {
    name: 'dns-trees.json',
    title: 'DNS node lists',
    kind: 'peerwire DNS node lists',
    version: VERSION,
    maxRows: MAX_STORED,
    rows: () => [[...seqs()].slice(-MAX_STORED).map(([tree, seq]): Row => ({ tree, seq }))],
    keyOf: (row) => (row as Partial<Row>).tree,
    earlier: readFirstVersion,
    late: (found) => late(seqsOf(found)),
  }
}

/** What of the rows are sequences. */
export function seqsOf({ batches }: StoredRows): ReadonlyMap<string, number> {
  const rows = batches.flat().filter(isRow).slice(0, MAX_STORED)
  return new Map(rows.map(({ tree, seq }) => [tree, seq]))
}

function readFirstVersion(bytes: Uint8Array): StoredRows | undefined {
  const value = readFirstObject(bytes, MAX_FIRST_BYTES)
  const rows = value && Object.entries(value).map(([tree, seq]) => ({ tree, seq }))
  return rows?.every(isRow) ? { header: { version: 1 }, batches: [rows] } : undefined
}

function isRow(value: object): value is Row {
  const { tree, seq } = value as Partial<Record<keyof Row, unknown>>
  return typeof tree === 'string' && Number.isSafeInteger(seq)
}
