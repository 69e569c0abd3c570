// Where a node keeps what must outlive it, as a contract; files and IndexedDB are behind `@peerwire/core/storage`.

/**
 * A few named values, each replaced as a whole. Whatever happens while one is written, a later `read` gives the old
 * value or the new one, never a mix. Nothing is ever deleted: what can't be used is set aside.
 *
 * Names are 1 to 64 of a-z, 0-9, `.`, `_` and `-`, such as `peers.json`.
 */
export interface Storage {
  /** The whole value; `undefined` when there is none. The bytes belong to the caller. */
  read(name: string): Promise<Uint8Array | undefined>
  /** The value before the latest one, for when that can't be used; `undefined` when there is none. */
  readPrevious(name: string): Promise<Uint8Array | undefined>
  /** Replaces the value; durable once this resolves. The bytes must not change before. Writes happen in order. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /**
   * Moves a value that can't be used out of the way, and answers under which name it is found; the previous value
   * stays.
   */
  setAside(name: string): Promise<string>
  /**
   * Keeps every other node out, in this program and in others, until the answer is called. A node does this by itself
   * when it starts; `owner` says who it is. A storage without it trusts its users. Values can be read without a claim.
   *
   * @throws {Error} naming who has it
   */
  claim?(owner: string): Promise<() => Promise<void>>
  /**
   * Why nothing is kept here, as a sentence, once `claim` has found out: the platform refuses it, or somebody else has
   * it and the program wants to go on then. A node says so and runs as if it had no storage.
   */
  readonly without?: string | undefined
  /**
   * Calls back at moments after which the program may be gone without another word, as when a page is hidden or left;
   * the answer ends that. A `write` that is begun in the call itself is done, as far as the platform can do it; it may
   * leave the previous value alone.
   */
  whenLeaving?(call: () => void): () => void
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** @throws {TypeError} when a value can't have this name */
export function checkStorageName(name: string): void {
  if (!NAME.test(name)) throw new TypeError(`a stored value can't be named "${name}": 1 to 64 of a-z 0-9 . _ -`)
}
