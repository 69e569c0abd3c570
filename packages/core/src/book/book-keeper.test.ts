import { afterEach, describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import type { Logger, LogLevel } from '../base/log.ts'
import type { Storage } from '../base/storage.ts'
import { createManualClock, drainMicrotasks } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'
import { BookKeeper } from './book-keeper.ts'
import type { LoadedBook } from './book-keeper.ts'

const SAVE_MS = 60_000
const TABLES = { version: 1, key: 'ab'.repeat(32), groups: 'networks 1', successes: 1 } as const

interface Run {
  readonly keeper: BookKeeper
  readonly clock: ManualClock
  readonly lines: string[]
  rows: object[]
  network: string
}

const running: Run[] = []
afterEach(async () => {
  for (const { clock, keeper } of running.splice(0)) {
    await keeper.close()
    expect(clock.pendingTimers).toBe(0)
  }
})

/** One life of a node on a storage. */
function run(storage: Storage, network = 'main'): Run {
  const clock = createManualClock()
  const lines: string[] = []
  const logger: Logger = {
    enabled: () => true,
    log: (level: LogLevel, message, fields = {}) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  }
  const it: Run = {
    clock,
    lines,
    rows: [],
    network,
    keeper: new BookKeeper({
      storage,
      name: 'peers.json',
      network,
      clock,
      logger,
      snapshot: () => ({ header: { network, savedAt: 1, tables: TABLES, anchors: [] }, rows: [it.rows] }),
    }),
  }
  running.push(it)
  return it
}

const addressesOf = ({ batches }: LoadedBook): unknown[] =>
  batches.flat().map((row) => (row as { address: unknown }).address)

/** A storage in which `saves` were made one after another, each of the rows up to a number. */
async function saved(...saves: readonly number[]): Promise<MemoryStorage> {
  const storage = memoryStorage()
  for (const count of saves) {
    const it = run(storage)
    it.rows = Array.from({ length: count }, (_, n) => ({ address: `a${n}` }))
    it.keeper.changed()
    await it.keeper.close()
  }
  return storage
}

function failing(storage: Storage, changed: Partial<Storage>): Storage {
  return { ...storage, ...changed }
}

const error = (code: string): Error => Object.assign(new Error(`${code}: disk`), { code })

describe('loading', () => {
  it('gives what was saved, and says nothing', async () => {
    const { keeper, lines } = run(await saved(3))
    const book = await keeper.load()
    expect(addressesOf(book)).toEqual(['a0', 'a1', 'a2'])
    expect([book.header?.tables, book.trouble, lines]).toEqual([TABLES, undefined, []])
  })

  it('gives nothing of an empty storage, and says nothing', async () => {
    const { keeper, lines } = run(memoryStorage())
    expect([await keeper.load(), lines]).toEqual([{ header: undefined, batches: [], trouble: undefined }, []])
  })

  it.each([
    ['cut in the middle', (bytes: Uint8Array) => bytes.slice(0, bytes.length / 2)],
    ['empty', () => new Uint8Array(0)],
    ['zeros', (bytes: Uint8Array) => new Uint8Array(bytes.length)],
  ])('completes a value that is %s with the copy before it, sets it aside, and says so', async (_, spoil) => {
    const storage = await saved(90, 100)
    storage.values.set('peers.json', spoil(storage.values.get('peers.json')!))
    const { keeper, lines } = run(storage)
    const book = await keeper.load()
    expect(new Set(addressesOf(book)).size).toBe(addressesOf(book).length)
    expect(addressesOf(book).length).toBeGreaterThanOrEqual(90)
    expect(book.header?.tables).toEqual(TABLES)
    expect([storage.values.size, storage.aside.size]).toEqual([0, 1])
    expect(lines).toEqual([expect.stringMatching(/^warn Address book .*peers\.json can't be used.*kept as/)])
    expect(keeper.inspect().trouble).toMatch(/kept as/)
  })

  it('takes the copy before a value that is missing', async () => {
    const storage = await saved(2, 3)
    storage.values.clear()
    const { keeper, lines } = run(storage)
    expect(addressesOf(await keeper.load())).toEqual(['a0', 'a1'])
    expect(lines).toEqual([expect.stringMatching(/missing, the copy before it is used/)])
  })

  it('leaves out the buckets of entries whose key is lost', async () => {
    const storage = await saved(3)
    const text = new TextDecoder().decode(storage.values.get('peers.json')).replaceAll('abab', 'baba')
    storage.values.set('peers.json', new TextEncoder().encode(text))
    const book = await run(storage).keeper.load()
    expect(book.header).toBeUndefined()
    expect(book.batches.flat()).toEqual([0, 1, 2].map((n) => ({ address: `a${n}`, buckets: [] })))
  })

  it('sets the book of another network aside and starts empty', async () => {
    const storage = await saved(3, 4)
    const { keeper, lines } = run(storage, 'other')
    expect(await keeper.load()).toMatchObject({ header: undefined, batches: [] })
    expect(storage.aside.size).toBe(1)
    expect(lines).toEqual([expect.stringContaining('it is of the network \\"main\\", this node is of \\"other\\"')])
  })

  it('does not overwrite what could not be read and not be set aside', async () => {
    const storage = await saved(3)
    const before = storage.values.get('peers.json')
    let broken = true
    const disk = failing(storage, {
      read: () => Promise.reject(error('EIO')),
      setAside: async (name) => (broken ? Promise.reject(error('EIO')) : await storage.setAside(name)),
    })
    const { keeper, clock } = run(disk)
    expect((await keeper.load()).trouble).toMatch(/can't be read: EIO: disk; it is tried again, and not overwritten/)
    keeper.changed()
    await clock.advanceAsync(SAVE_MS)
    expect(storage.values.get('peers.json')).toBe(before)
    broken = false
    await keeper.close()
    expect([...storage.aside.values()]).toEqual([before])
    expect(storage.values.get('peers.json')).not.toBe(before)
  })
})

describe('saving', () => {
  it('is done a minute after a change, once however many there are, and not without one', async () => {
    const storage = memoryStorage()
    const { keeper, clock } = run(storage)
    await clock.advanceAsync(10 * SAVE_MS)
    expect(storage.values.size).toBe(0)
    keeper.changed()
    await clock.advanceAsync(SAVE_MS - 1)
    keeper.changed()
    expect(storage.values.size).toBe(0)
    await clock.advanceAsync(1)
    expect([keeper.inspect().saves, clock.pendingTimers]).toEqual([1, 0])
    await keeper.close()
    expect(keeper.inspect().saves).toBe(1)
  })

  it('is done once more when it is closed, if something has changed', async () => {
    const storage = memoryStorage()
    const { keeper } = run(storage)
    keeper.changed()
    await keeper.close()
    expect(keeper.inspect()).toMatchObject({ saves: 1, savedBytes: storage.values.get('peers.json')!.length })
  })

  it('never begins while one is pending, and is made up for afterwards', async () => {
    const storage = memoryStorage()
    let writes = 0
    const disk = createDeferred<void>()
    const { keeper, clock } = run(
      failing(storage, {
        write: async (name, bytes) => {
          writes++
          await disk.promise
          await storage.write(name, bytes)
        },
      }),
    )
    keeper.changed()
    await clock.advanceAsync(SAVE_MS)
    keeper.changed()
    await clock.advanceAsync(5 * SAVE_MS)
    expect(writes).toBe(1)
    disk.resolve()
    await clock.advanceAsync(SAVE_MS)
    expect([writes, keeper.inspect().saves]).toEqual([2, 2])
    await keeper.close()
  })

  it.each(['ENOSPC', 'EACCES', 'EIO'])('goes on after %s, warns once, and says when it works again', async (code) => {
    const storage = await saved(3)
    const before = storage.values.get('peers.json')
    let broken = true
    const disk = failing(storage, {
      write: async (name, bytes) => (broken ? Promise.reject(error(code)) : await storage.write(name, bytes)),
    })
    const { keeper, clock, lines } = run(disk)
    for (let i = 0; i < 5; i++) {
      keeper.changed()
      await clock.advanceAsync(SAVE_MS)
    }
    expect(storage.values.get('peers.json')).toBe(before)
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^warn Address book could not be saved.*${code}: disk`))])
    expect(keeper.inspect()).toMatchObject({ failedSaves: 5, lastError: `${code}: disk` })
    broken = false
    await clock.advanceAsync(SAVE_MS)
    expect(lines.slice(1)).toEqual([expect.stringMatching(/^info Address book is saved again/)])
    expect(keeper.inspect()).toMatchObject({ saves: 1, lastError: undefined })
    await keeper.close()
  })

  it('warns of each kind of trouble', async () => {
    const kinds = ['ENOSPC', 'EIO', 'ENOSPC', 'EIO']
    const disk = failing(memoryStorage(), { write: () => Promise.reject(error(kinds.shift() ?? 'EIO')) })
    const { keeper, clock, lines } = run(disk)
    keeper.changed()
    await clock.advanceAsync(4 * SAVE_MS)
    expect(lines).toHaveLength(2)
    await keeper.close()
    expect(lines).toHaveLength(2)
  })

  it('that hangs leaves its closing to wait as long as its caller likes', async () => {
    const disk = createDeferred<void>()
    const { keeper, clock } = run(failing(memoryStorage(), { write: () => disk.promise }))
    keeper.changed()
    let isClosed = false
    const closing = keeper.close().then(() => (isClosed = true))
    await clock.advanceAsync(3 * SAVE_MS)
    await drainMicrotasks()
    expect(isClosed).toBe(false)
    disk.resolve()
    await closing
  })
})
