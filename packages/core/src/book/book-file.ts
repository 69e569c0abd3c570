// The form of `peers.json`: what a book says of itself, and a row for each entry.
import { isTablesHeader } from '../addresses/stored-rows.ts'
import type { TablesHeader } from '../addresses/address-tables.ts'
import type { StoredForm, StoredHeader } from '../keeping/stored-form.ts'

/** What the file says it is; a higher version is one that this program can't know. */
const KIND = 'peerwire address book'
const VERSION = 1

/** Most entries that are read: what fills both tables is 81,920. */
const MAX_ROWS = 100_000
/** Most anchors that are read; two are written. */
const MAX_ANCHORS = 8

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

export interface BookSnapshot {
  readonly header: BookHeader
  /** Slices of rows as `AddressTables.rows` gives them. */
  readonly rows: Iterable<readonly object[]>
}

/** How the book of a network is kept; `snapshot` gives what is to be saved, at the moment of the call. */
export function bookForm(name: string, network: string, snapshot: () => BookSnapshot): StoredForm {
  return {
    name,
    title: 'Address book',
    kind: KIND,
    version: VERSION,
    maxRows: MAX_ROWS,
    header: () => ({ ...snapshot().header }),
    rows: () => snapshot().rows,
    keyOf: claimOf,
    isHeader: (header) => bookHeader(header) !== undefined,
    foreign: ({ network: other }) =>
      other === network ? undefined : `it is of the network "${String(other)}", this node is of "${network}"`,
  }
}

// One address may be there under several keys.
function claimOf(row: object): string {
  const { address, publicKey } = row as Readonly<Record<string, unknown>>
  return `${String(address)} ${String(publicKey)}`
}

/** The header of a stored book; `undefined` when it is none. */
export function bookHeader(value: StoredHeader | undefined): BookHeader | undefined {
  const { network, savedAt, tables, anchors } = value ?? {}
  if (typeof network !== 'string' || !isTablesHeader(tables)) return undefined
  return {
    network,
    savedAt: typeof savedAt === 'number' ? savedAt : 0,
    tables,
    anchors: Array.isArray(anchors) ? anchors.filter((anchor) => typeof anchor === 'string').slice(0, MAX_ANCHORS) : [],
  }
}
