// What a plugin tells the keeper of a value that it wants kept: its name, its rows, and how it is known again.

/** What a stored value says of itself, beside its kind and version. */
export type StoredHeader = Readonly<Record<string, unknown>>

/** Rows as they were found, in batches of some hundred; nothing but that they are objects is checked. */
export interface StoredRows {
  /** Absent when none was found that is one. */
  readonly header: StoredHeader | undefined
  readonly batches: readonly (readonly object[])[]
}

/** One kept value: lines of JSON, each with a checksum, between a header and an end. */
export interface StoredForm {
  /** Name of the value in the storage, such as `peers.json`. */
  readonly name: string
  /** What log lines call it, such as `Address book`. */
  readonly title: string
  /** What the value says it is; a value of another kind is damage. */
  readonly kind: string
  /** The version that is written. Earlier ones are read, a later one is set aside. */
  readonly version: number
  /** Most rows that are read. */
  readonly maxRows: number
  /** Asked at the moment of a save. */
  header?(): StoredHeader
  /**
   * All rows as they are at the moment of the call, in slices that take some milliseconds at most. A row of more than
   * 16,000 bytes is damage to whoever reads it.
   */
  rows(): Iterable<readonly object[]>
  /** By what a row is told from others: a spoiled value is completed by the rows of the one before it. */
  keyOf(row: object): unknown
  /** Whether a header is of use; default: any is. */
  isHeader?(header: StoredHeader): boolean
  /** Why a value is not for us at all, as a sentence. */
  foreign?(header: StoredHeader): string | undefined
  /** Reads a value from before there were lines; `undefined` when it is none. */
  earlier?(bytes: Uint8Array): StoredRows | undefined
  /** Takes in what could be read only after the start; the next save waits for it. */
  late?(found: StoredRows): void | Promise<void>
}
