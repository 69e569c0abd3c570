// Where a node keeps what must outlive it, as a contract; files and IndexedDB are behind `@peerwire/core/storage`.

/**
 * A few named values, each replaced as a whole. Whatever happens while one is written, a later `read` gives the old
 * value or the new one, never a mix. Nothing is ever deleted: what can't be used is set aside.
 */
export interface Storage {
  /** The whole value; `undefined` when there is none. The bytes belong to the caller. */
  read(name: string): Promise<Uint8Array | undefined>
  /** The value before the latest one, for when that can't be used; `undefined` when there is none. */
  readPrevious(name: string): Promise<Uint8Array | undefined>
  /** Replaces the value; durable once this resolves. One write of a name at a time. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Moves a value that can't be used out of the way, and answers under which name it is found. */
  setAside(name: string): Promise<string>
}
