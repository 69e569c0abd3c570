// The book's part in the keeping of it: what was stored, made fit for the tables.
import { Keeper, SOON_MS } from '../keeping/keeper.ts'
import type { KeeperFigures, KeeperHost } from '../keeping/keeper.ts'
import type { StoredRows } from '../keeping/stored-form.ts'
import { bookForm, bookHeader } from './book-file.ts'
import type { BookHeader, BookSnapshot } from './book-file.ts'

export interface BookKeeperOptions extends KeeperHost {
  /** Name of the stored value. */
  readonly name: string
  readonly network: string
  /** What is to be saved, at the moment of the call. */
  snapshot(): BookSnapshot
  /** Takes in what could be read only after the start. */
  late?(book: LoadedBook): Promise<void>
}

/** What was stored, whole or as much as could be saved. */
export interface LoadedBook {
  readonly header: BookHeader | undefined
  /** To be restored one after another; their rows are not checked. */
  readonly batches: readonly (readonly object[])[]
  /** What was wrong with the store, as a sentence. */
  readonly trouble: string | undefined
}

export class BookKeeper {
  readonly #keeper: Keeper
  #hasProven = false

  constructor(options: BookKeeperOptions) {
    const { name, network, snapshot, late } = options
    const form = bookForm(name, network, () => snapshot())
    const takeLate = async (found: StoredRows): Promise<void> => await late?.(bookOf(found, undefined))
    this.#keeper = new Keeper({ ...form, late: takeLate }, options)
  }

  /** @see Keeper.load */
  async load(): Promise<LoadedBook> {
    const { trouble, ...found } = await this.#keeper.load()
    return bookOf(found, trouble)
  }

  /** @see Keeper.changed */
  changed(): void {
    this.#keeper.changed()
  }

  /**
   * A peer has proven its key. The first of a run is worth a save of its own, at once: many tabs live for seconds, and
   * the next run can begin with it.
   */
  proven(): void {
    this.#keeper.changed(this.#hasProven ? undefined : SOON_MS)
    this.#hasProven = true
  }

  /** @see Keeper.save */
  async save(): Promise<void> {
    await this.#keeper.save()
  }

  /** @see Keeper.close */
  async close(): Promise<void> {
    await this.#keeper.close()
  }

  inspect(): KeeperFigures {
    return this.#keeper.inspect()
  }
}

// Buckets mean nothing without the key that they were made with.
function bookOf({ header: stored, batches }: StoredRows, trouble: string | undefined): LoadedBook {
  const header = bookHeader(stored)
  if (header) return { header, batches, trouble }
  return { header, batches: batches.map((batch) => batch.map((row) => ({ ...row, buckets: [] }))), trouble }
}
