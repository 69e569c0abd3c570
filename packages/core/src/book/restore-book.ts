// Puts what was stored of a book back into its tables: at the start, and when it can be read only later.
import type { AddressTables } from '../addresses/address-tables.ts'
import type { Clock } from '../base/clock.ts'
import { runInSlices } from '../base/slices.ts'
import type { LoadedBook } from './book-keeper.ts'

/** Restores in slices, so that a node goes on meanwhile. */
export async function restoreBook(tables: AddressTables, stored: LoadedBook, clock: Clock): Promise<void> {
  await runInSlices(
    clock,
    restoring(tables, stored, () => Math.floor(clock.wallNow() / 1000)),
  )
}

// Buckets mean nothing without the key that they were made with; where that is lost, the keeper has left them out.
function* restoring(
  tables: AddressTables,
  { header, batches }: LoadedBook,
  now: () => number,
): Generator<void, void, void> {
  const isOurs = !header || header.tables.key === tables.header().key
  for (const batch of batches) {
    tables.restore(isOurs ? batch : batch.map((row) => ({ ...row, buckets: [] })), now())
    yield
  }
}
