// What is stored of a book, and the running book made of it.
import type { PluginContext } from '../node/plugin.ts'
import { BookKeeper } from './book-keeper.ts'
import type { LoadedBook } from './book-keeper.ts'
import { networkName, networkParts } from './network-name.ts'
import type { AddressBookOptions } from './options.ts'
import { restoreBook } from './restore-book.ts'
import { RunningBook } from './running-book.ts'

/** Reads the book of a node that starts, and begins with it. */
export async function openBook(options: AddressBookOptions, context: PluginContext): Promise<RunningBook> {
  const { storage, clock, logger, crypto, names } = context
  const parts = options.network === undefined ? networkParts(names) : []
  const { file = 'peers.json', network = networkName(parts, crypto.sha256) } = options
  const takeLate = async (late: LoadedBook): Promise<void> => {
    await restoreBook(book.tables, late, clock)
    book.source.wake()
  }
  const snapshot = () => book.snapshot()
  const keeper = storage && new BookKeeper({ storage, name: file, network, clock, logger, snapshot, late: takeLate })
  const stored = await keeper?.load()
  const book: RunningBook = new RunningBook({ ...options, network, parts }, context, stored, keeper)
  await book.start(stored)
  return book
}
