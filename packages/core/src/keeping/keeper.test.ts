// A value that is kept by any plugin: when it is saved, and what becomes of one that can't be read. How a spoiled
// one is completed is in the tests of the book's keeper.
import { afterEach, describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import { utf8ToBytes } from '../base/bytes.ts'
import { checkedLine } from '../base/checked-line.ts'
import type { Logger } from '../base/log.ts'
import type { Storage } from '../base/storage.ts'
import { createManualClock, drainMicrotasks } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import { keep } from './keep.ts'
import { Keeper, SAVE_MS, SOON_MS } from './keeper.ts'
import type { KeptRows } from './keeper.ts'
import type { StoredForm, StoredRows } from './stored-form.ts'

const NAME = 'things.json'

interface Run {
  readonly keeper: Keeper
  readonly clock: ManualClock
  readonly lines: string[]
  /** What is to be kept. */
  readonly things: Set<string>
}

const running: Run[] = []
afterEach(async () => {
  for (const { clock, keeper } of running.splice(0)) {
    await keeper.close()
    expect(clock.pendingTimers).toBe(0)
  }
})

const idsOf = ({ batches }: StoredRows): string[] => batches.flat().map((row) => (row as { id: string }).id)

function formOf(things: Set<string>, changes: Partial<StoredForm> = {}): StoredForm {
  return {
    name: NAME,
    title: 'Things',
    kind: 'things of a test',
    version: 2,
    maxRows: 100,
    rows: () => [[...things].map((id) => ({ id }))],
    keyOf: (row) => (row as { id: string }).id,
    late: (found) => idsOf(found).forEach((id) => things.add(id)),
    ...changes,
  }
}

function run(storage: Storage, changes?: Partial<StoredForm>, clock: ManualClock = createManualClock()): Run {
  const lines: string[] = []
  const things = new Set<string>()
  const log: Logger['log'] = (level, message, fields = {}) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const keeper = new Keeper(formOf(things, changes), { storage, clock, logger: { enabled: () => true, log } })
  const it: Run = { keeper, clock, lines, things }
  running.push(it)
  return it
}

/** What a start finds. */
const look = (storage: Storage): Promise<KeptRows> => run(storage).keeper.load()

describe('what has changed', () => {
  it('is saved within a minute, or as soon as somebody wants', async () => {
    const storage = memoryStorage()
    const { keeper, clock, things } = run(storage)
    things.add('one')
    keeper.changed()
    await clock.advanceAsync(SAVE_MS - 1000)
    expect(storage.values.size).toBe(0)
    keeper.changed(SOON_MS)
    keeper.changed()
    await clock.advanceAsync(1)
    expect(idsOf(await look(storage))).toEqual(['one'])
    await clock.advanceAsync(10 * SAVE_MS)
    expect(keeper.inspect().saves).toBe(1)
  })

  it('is saved by save, which is done when it is durable, and does for all who ask meanwhile', async () => {
    const storage = memoryStorage()
    const disk = createDeferred<void>()
    let writes = 0
    const write: Storage['write'] = async (name, bytes) => {
      writes++
      await disk.promise
      await storage.write(name, bytes)
    }
    const { keeper, things, clock } = run({ ...storage, write })
    const first = keeper.save()
    await clock.advanceAsync(0)
    things.add('later')
    const others = [keeper.save(), keeper.save(), keeper.save()]
    expect(storage.values.size).toBe(0)
    disk.resolve()
    await Promise.all([first, ...others])
    expect([writes, idsOf(await look(storage))]).toEqual([2, ['later']])
  })

  it('makes save reject with the storage’s own error, and is tried again', async () => {
    const storage = memoryStorage()
    let isFull = true
    const write: Storage['write'] = async (name, bytes) => {
      if (isFull) throw new Error('no space')
      await storage.write(name, bytes)
    }
    const { keeper, things, clock } = run({ ...storage, write })
    things.add('one')
    await expect(keeper.save()).rejects.toThrow('no space')
    isFull = false
    await clock.advanceAsync(SAVE_MS)
    expect(idsOf(await look(storage))).toEqual(['one'])
    await keeper.close()
    await expect(keeper.save()).rejects.toThrow(`${NAME} is closed: nothing is saved any more`)
  })
})

describe('a page that is left', () => {
  it('saves in that very moment, and only what is not saved yet', async () => {
    const storage = memoryStorage()
    const { keeper, things } = run(storage)
    things.add('one')
    storage.leave()
    expect(storage.values.size).toBe(0)
    keeper.changed()
    storage.leave()
    // Nothing was waited for.
    expect(storage.values.has(NAME)).toBe(true)
    storage.leave()
    expect(idsOf(await look(storage))).toEqual(['one'])
    expect(keeper.inspect().saves).toBe(1)
    await keeper.close()
    storage.leave()
    expect(keeper.inspect().saves).toBe(1)
  })

  it('does not save what is older after what is newer', async () => {
    const storage = memoryStorage()
    // A clock so slow that each slice has a turn of its own.
    const slow = createManualClock({ tickMs: 10 })
    const { keeper, things } = run(storage, { rows: () => Array.from(things, (id) => [{ id }]) }, slow)
    for (let i = 0; i < 50; i++) things.add(`old ${i}`)
    const saving = keeper.save()
    await drainMicrotasks()
    expect(storage.values.size).toBe(0)
    things.clear()
    things.add('new')
    keeper.changed()
    storage.leave()
    await slow.advanceAsync(SAVE_MS)
    await saving
    expect(idsOf(await look(storage))).toEqual(['new'])
  })

  it.each([
    [9_800, true],
    [10_100, false],
  ])('does not hold the page up for what was large: 99 rows of %i bytes', async (bytes, isAtOnce) => {
    const storage = memoryStorage()
    const { keeper, things } = run(storage)
    for (let row = 0; row < 99; row++) things.add(`${row}`.padEnd(bytes))
    await keeper.save()
    const before = storage.values.get(NAME)
    things.add('one')
    keeper.changed()
    storage.leave()
    expect(storage.values.get(NAME) !== before).toBe(isAtOnce)
    await keeper.close()
    expect(idsOf(await look(storage))).toHaveLength(100)
  })

  it('tries again when that failed and the page lives on', async () => {
    const storage = memoryStorage()
    let isBroken = true
    const write: Storage['write'] = async (name, bytes) => {
      if (isBroken) throw new Error('gone')
      await storage.write(name, bytes)
    }
    const { keeper, things, clock, lines } = run({ ...storage, write })
    things.add('one')
    keeper.changed()
    storage.leave()
    await clock.advanceAsync(1)
    expect(lines).toEqual([expect.stringContaining('Things could not be saved')])
    isBroken = false
    await clock.advanceAsync(SAVE_MS)
    expect(idsOf(await look(storage))).toEqual(['one'])
  })
})

describe('a value that could not be read', () => {
  const broken = (storage: Storage, state: { isBroken: boolean }): Storage => ({
    ...storage,
    read: (name) => (state.isBroken ? Promise.reject(new Error('EIO')) : storage.read(name)),
  })

  async function stored(...ids: string[]): Promise<ReturnType<typeof memoryStorage>> {
    const storage = memoryStorage()
    const { things, keeper } = run(storage)
    for (const id of ids) {
      things.add(id)
      await keeper.save()
    }
    return storage
  }

  it('is read again by itself, and taken in; meanwhile the copy before it is used', async () => {
    const storage = await stored('one', 'two')
    const state = { isBroken: true }
    const { keeper, things, clock, lines } = run(broken(storage, state))
    expect(idsOf(await keeper.load())).toEqual(['one'])
    await clock.advanceAsync(30_000)
    expect([...things]).toEqual([])
    state.isBroken = false
    await clock.advanceAsync(10_000)
    expect([...things]).toEqual(['one', 'two'])
    expect(lines).toEqual([
      expect.stringMatching(/^warn Things .*can't be read: EIO; it is tried again.*the copy before it is used/),
      expect.stringMatching(/^info Things could be read after all/),
    ])
    expect(storage.aside.size).toBe(0)
  })

  it('is read before the first save, which keeps both', async () => {
    const storage = await stored('one', 'two')
    const state = { isBroken: true }
    const { keeper, things } = run(broken(storage, state))
    await keeper.load()
    things.add('three')
    state.isBroken = false
    await keeper.save()
    expect(idsOf(await look(storage)).sort()).toEqual(['one', 'three', 'two'])
  })

  it('is set aside, not overwritten, when it can’t be read even then; a page that is left leaves it alone', async () => {
    const storage = await stored('one')
    const before = storage.values.get(NAME)
    const { keeper, things, lines } = run(broken(storage, { isBroken: true }))
    await keeper.load()
    things.add('two')
    keeper.changed()
    storage.leave()
    expect(storage.values.get(NAME)).toBe(before)
    await keeper.save()
    expect([...storage.aside.values()]).toEqual([before])
    expect(lines.at(-1)).toMatch(/^warn Things .*is kept as/)
    expect(idsOf(await look(storage))).toEqual(['two'])
  })
})

describe('a version', () => {
  const ofVersion = (version: unknown): Uint8Array => {
    const lines = [{ kind: 'things of a test', version }, { id: 'x' }, { kind: 'things of a test', version, rows: 1 }]
    return utf8ToBytes(`[\n${lines.map(checkedLine).join(',\n')}\n]\n`)
  }

  it.each([1, 2])('%s is read', async (version) => {
    const storage = memoryStorage()
    storage.values.set(NAME, ofVersion(version))
    const found = await look(storage)
    expect([idsOf(found), found.trouble, found.header?.['version']]).toEqual([['x'], undefined, version])
  })

  it.each([3, '1', null])('%s is set aside, and not used', async (version) => {
    const storage = memoryStorage()
    storage.values.set(NAME, ofVersion(version))
    const found = await look(storage)
    expect(idsOf(found)).toEqual([])
    expect(found.trouble).toMatch(/it has version .*, this program knows 2; it is kept as/)
  })

  it('from before there were lines is read by the plugin', async () => {
    const storage = memoryStorage()
    storage.values.set(NAME, utf8ToBytes('one two'))
    const earlier = (bytes: Uint8Array): StoredRows => {
      const ids = new TextDecoder().decode(bytes).split(' ')
      return { header: undefined, batches: [ids.map((id) => ({ id }))] }
    }
    const found = await run(storage, { earlier }).keeper.load()
    expect([idsOf(found), found.trouble]).toEqual([['one', 'two'], undefined])
  })

  it('of more rows than its bound is read up to there, and said to be', async () => {
    const storage = memoryStorage()
    const { keeper, things } = run(storage)
    for (let i = 0; i <= 100; i++) things.add(`${i}`)
    await keeper.save()
    const found = await look(storage)
    expect(idsOf(found)).toHaveLength(100)
    expect(found.trouble).toMatch(/1 too many, 100 entries of it are used/)
  })
})

it('nothing is kept without a storage', async () => {
  const logger = { enabled: () => false, log: () => undefined }
  expect(await keep(formOf(new Set()), { clock: createManualClock(), logger })).toBeUndefined()
})
