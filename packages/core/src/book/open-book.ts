// What is stored of a book, and the running book made of it.
import { runInSlices } from '../base/slices.ts'
import type { PluginContext } from '../node/plugin.ts'
import { BookKeeper } from './book-keeper.ts'
import type { LoadedBook } from './book-keeper.ts'
import { networkName, networkParts } from './network-name.ts'
import type { AddressBookOptions } from './options.ts'
import { RunningBook } from './running-book.ts'

/** Reads the book of a node that starts, and begins with it. */
export async function openBook(options: AddressBookOptions, context: PluginContext): Promise<RunningBook> {
  const { storage, clock, logger, crypto, names } = context
  const parts = options.network === undefined ? networkParts(names) : []
  const { file = 'peers.json', network = networkName(parts, crypto.sha256) } = options
  const takeLate = async (late: LoadedBook): Promise<void> => {
    await runInSlices(clock, restoring(book, late, Math.floor(clock.wallNow() / 1000)))
    book.source.wake()
  }
  const snapshot = () => book.snapshot()
  const keeper = storage && new BookKeeper({ storage, name: file, network, clock, logger, snapshot, late: takeLate })
  const stored = await keeper?.load()
  const book: RunningBook = new RunningBook({ ...options, network, parts }, context, stored, keeper)
  await book.start(stored)
  return book
}

// Buckets mean nothing without the key that they were made with.
function* restoring({ tables }: RunningBook, late: LoadedBook, now: number): Generator<void, void, void> {
  const isOurs = late.header?.tables.key === tables.header().key
  for (const batch of late.batches) {
    tables.restore(isOurs ? batch : batch.map((row) => ({ ...row, buckets: [] })), now)
    yield
  }
}
