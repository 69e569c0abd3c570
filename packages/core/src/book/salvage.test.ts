import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { addressOfEndpoint } from '../addresses/endpoint-address.ts'
import type { AddressTables } from '../addresses/address-tables.ts'
import { createAddressTables } from '../addresses/tables.ts'
import { silentLogger } from '../base/log.ts'
import { randomBelow, seededRandom } from '../base/random.ts'
import { countOf } from '../testing/counts.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'
import { BookKeeper } from './book-keeper.ts'
import type { BookHeader } from './book-file.ts'

const ENTRIES = 250
const NOW = 1_767_225_600
/** Ten thousand flips take minutes. */
const PATIENCE = { timeout: countOf({ short: 20_000, long: 900_000 }) }
// Ten thousand starts hash some million times.
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const random = seededRandom(5)

function tablesOf(count: number, header?: BookHeader): AddressTables {
  const tables = createAddressTables({ random, sha256, ...(header ? { header: header.tables } : {}) })
  for (let n = 0; tables.counts().total < count; n++) {
    const address = addressOfEndpoint({
      scheme: 'tcp',
      host: `${20 + (n % 200)}.${n % 251}.1.${n & 255}`,
      port: 30_303,
    })!
    const publicKey = new Uint8Array(64).fill(n & 255)
    tables.add({ address, publicKey, time: NOW - n }, address, NOW)
    if (n % 3 === 0) tables.good(address, publicKey, NOW)
  }
  return tables
}

function keeperOf(storage: MemoryStorage, tables: AddressTables): BookKeeper {
  const header = { network: 'main', savedAt: NOW, tables: tables.header(), anchors: [] }
  const snapshot = () => ({ header, rows: tables.rows() })
  return new BookKeeper({
    storage,
    name: 'b',
    network: 'main',
    clock: createManualClock(),
    logger: silentLogger,
    snapshot,
  })
}

/** How many entries a start has after the stored bytes were spoiled; with the copy before it, if there is one. */
async function survivors(bytes: Uint8Array, before?: Uint8Array): Promise<number> {
  const storage = memoryStorage()
  storage.values.set('b', bytes)
  if (before) storage.previous.set('b', before)
  const { header, batches } = await keeperOf(storage, tablesOf(0)).load()
  const tables = tablesOf(0, header)
  for (const batch of batches) tables.restore(batch, NOW)
  return tables.counts().total
}

async function saved(): Promise<Uint8Array> {
  const storage = memoryStorage()
  const keeper = keeperOf(storage, tablesOf(ENTRIES))
  keeper.changed()
  await keeper.close()
  return storage.values.get('b')!
}

describe('entries that are in the tables after a start', () => {
  it('are all but one in a hundred, wherever a byte was flipped, and all with the copy before', PATIENCE, async () => {
    const whole = await saved()
    expect(await survivors(whole)).toBe(ENTRIES)
    for (let flip = 0; flip < countOf({ short: 60, long: 10_000 }); flip++) {
      const bytes = whole.slice()
      const at = randomBelow(random, bytes.length)
      bytes[at] = bytes[at]! ^ (1 + randomBelow(random, 255))
      expect(await survivors(bytes)).toBeGreaterThanOrEqual(ENTRIES * 0.99)
      if (flip % 20 === 0) expect(await survivors(bytes, whole)).toBe(ENTRIES)
    }
  })

  it('are those before the cut, at every hundredth, and all with the copy before', async () => {
    const whole = await saved()
    for (let percent = 0; percent < 100; percent++) {
      const cut = whole.subarray(0, Math.floor((whole.length * percent) / 100))
      expect(await survivors(cut)).toBeGreaterThanOrEqual(Math.floor((ENTRIES * percent) / 100) - 3)
      if (percent % 10 === 0) expect(await survivors(cut, whole)).toBe(ENTRIES)
    }
  })
})
