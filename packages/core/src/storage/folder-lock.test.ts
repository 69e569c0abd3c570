// Who has a folder: processes that are gone, whose numbers are used again, of other containers, and that slept.
import * as realFs from 'node:fs/promises'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { fileStorage } from './file-storage.node.ts'
import type { FileSystem } from './file-system.node.ts'

/** The boot and the space of process numbers of nobody. */
const ELSEWHERE = 'another boot/pid:[1]'
const ONE = Uint8Array.of(1)

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-lock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const lockOf = (folder: string): string => join(folder, 'lock')
const ownerOf = async (folder: string): Promise<unknown> =>
  (JSON.parse(await readFile(lockOf(folder), 'utf8')) as { owner: unknown }).owner

/** A folder with a lock as another process has left it. */
async function lockedFolder(lock: object | string): Promise<string> {
  const folder = await emptyFolder()
  await writeFile(lockOf(folder), typeof lock === 'string' ? lock : JSON.stringify(lock))
  return folder
}

/** The lock that this process makes, as an object to be changed. */
async function ownLock(): Promise<Record<string, unknown>> {
  const folder = await emptyFolder()
  const release = await fileStorage(folder).claim!('self')
  const lock = JSON.parse(await readFile(lockOf(folder), 'utf8')) as Record<string, unknown>
  await release()
  return { ...lock, token: 'of another' }
}

/** Lets virtual time go by in small steps, each with a turn for the disk, until a promise is settled. */
async function pass<T>(clock: ManualClock, promise: Promise<T>, each: () => Promise<unknown>): Promise<T> {
  let isOver = false
  const over = (): void => void (isOver = true)
  promise.then(over, over)
  while (!isOver) {
    await each()
    await clock.advanceAsync(50)
  }
  return await promise
}

it('a folder without room for a lock is named', async () => {
  const folder = await emptyFolder()
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const fs: FileSystem = { ...realFs, writeFile: () => Promise.reject(full) }
  const claim = fileStorage(folder, { fs }).claim!('node')
  await expect(claim).rejects.toThrow(`${folder} could not be locked: ENOSPC: no space left on device, write`)
})

describe('the lock of a folder', () => {
  it('names who holds it, and is gone when it is given back', async () => {
    const folder = await emptyFolder()
    const release = await fileStorage(folder).claim!('node abc')
    await expect(fileStorage(folder).claim!('node def')).rejects.toThrow(
      `${folder} is in use by node abc (process ${process.pid})`,
    )
    await release()
    await release()
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['an earlier process of the same number', { pid: process.pid }],
    ['an earlier process of the number of another', { pid: process.ppid }],
  ])('of the first version is taken over from %s, at once', async (_, { pid }) => {
    const folder = await lockedFolder({ owner: 'x', pid, born: '0/0', token: 't' })
    const release = await fileStorage(folder).claim!('node abc')
    expect(await ownerOf(folder)).toBe('node abc')
    expect(await readdir(folder)).toEqual(['lock'])
    await release()
  })

  it.runIf(process.platform === 'linux').each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['an earlier process of the number of another', { pid: process.ppid, born: '0/0' }],
    ['an earlier process of our number', { born: '0/0' }],
  ])('of this machine and container is taken over from %s, at once', async (_, changes) => {
    const folder = await lockedFolder({ ...(await ownLock()), ...changes })
    await (
      await fileStorage(folder).claim!('node abc')
    )()
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    ['of another machine or container', { place: ELSEWHERE }],
    ['of our number in another container', { place: ELSEWHERE, pid: process.pid }],
    ['whose number is gone here, of another container', { place: ELSEWHERE, pid: 2 ** 22 + 1 }],
    ['of our own process, such as another thread', {}],
    ['of a system that tells no places', { place: '', born: '' }],
  ])('stays with a holder that touches it: one %s', async (_, changes) => {
    const folder = await lockedFolder({ ...(await ownLock()), owner: 'node far', ...changes })
    const clock = createManualClock()
    let beats = 0
    const beat = async (): Promise<void> => {
      await (++beats % 40 === 0 ? utimes(lockOf(folder), beats, beats) : stat(folder))
    }
    const claim = fileStorage(folder, { clock }).claim!('node abc')
    await expect(pass(clock, claim, beat)).rejects.toThrow(`${folder} is in use by node far`)
    expect(await ownerOf(folder)).toBe('node far')
  })

  it.each([
    ['of another container', { place: ELSEWHERE }],
    ['of our own number', {}],
    ['that nobody can read', undefined],
  ])("%s is nobody's when it was not touched for ten seconds, and not before", async (_, changes) => {
    const folder = await lockedFolder(changes ? { ...(await ownLock()), ...changes } : '\u0000\u0000')
    const clock = createManualClock()
    const startMs = clock.now()
    const claim = fileStorage(folder, { clock }).claim!('node abc')
    const release = await pass(clock, claim, () => stat(folder))
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(10_000)
    expect(await readdir(folder)).toEqual(['lock'])
    await release()
  })

  it('is touched every two seconds, and put back when somebody has removed it', async () => {
    const folder = await emptyFolder()
    const clock = createManualClock()
    const release = await fileStorage(folder, { clock }).claim!('node abc')
    for (let beat = 0; beat < 3; beat++) {
      if (beat === 2) await rm(lockOf(folder))
      const before = beat === 2 ? 0 : (await stat(lockOf(folder))).mtimeMs
      clock.advance(2000)
      await expect.poll(async () => (await stat(lockOf(folder)).catch(() => undefined))?.mtimeMs).not.toBe(before)
      await expect.poll(() => clock.pendingTimers).toBe(1)
    }
    expect(await ownerOf(folder)).toBe('node abc')
    await release()
    expect(clock.pendingTimers).toBe(0)
  })

  it('that went to another one while its holder slept is found lost before a write', async () => {
    const folder = await emptyFolder()
    const clock = createManualClock()
    const storage = fileStorage(folder, { clock })
    const release = await storage.claim!('node abc')
    await storage.write('peers.json', ONE)
    await writeFile(lockOf(folder), JSON.stringify({ ...(await ownLock()), owner: 'node far', place: ELSEWHERE }))
    const { mtimeMs } = await stat(lockOf(folder))
    await expect(storage.write('peers.json', Uint8Array.of(2))).rejects.toThrow(
      /was taken over by node far \(process \d+\): this node keeps nothing there any more/,
    )
    await expect(storage.setAside('peers.json')).rejects.toThrow(/taken over/)
    clock.advance(2000)
    await expect.poll(() => clock.pendingTimers).toBe(0)
    await release()
    expect(await storage.read('peers.json')).toEqual(ONE)
    expect((await stat(lockOf(folder))).mtimeMs).toBe(mtimeMs)
  })

  it('goes to exactly one of many that find a dead one', async () => {
    const folder = await lockedFolder({ owner: 'x', pid: 2 ** 22 + 1, born: '0/0', token: 't' })
    const claims = Array.from({ length: 20 }, (_, i) => fileStorage(folder).claim!(`node ${i}`))
    const outcomes = await Promise.allSettled(claims)
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    await winners[0]!.value()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('a folder that another node has', () => {
  it('is waited for while that one closes, and no longer than two seconds', async () => {
    const folder = await emptyFolder()
    const clock = createManualClock()
    const open = () => fileStorage(folder, { clock, whenTaken: 'wait' })
    const release = await open().claim!('node abc')
    const refused = open().claim!('node def')
    const startMs = clock.now()
    await expect(pass(clock, refused, () => stat(folder))).rejects.toThrow(/in use by node abc/)
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(2000)
    let steps = 0
    const next = await pass(clock, open().claim!('node def'), async () => ++steps === 10 && (await release()))
    expect(await ownerOf(folder)).toBe('node def')
    await next()
  })

  it('is done without, where the program wants that, and can be read', async () => {
    const folder = await emptyFolder()
    const storage = fileStorage(folder)
    const release = await storage.claim!('node abc')
    await storage.write('peers.json', ONE)
    const other = fileStorage(folder, { whenTaken: 'none' })
    await (
      await other.claim!('node def')
    )()
    expect(other.without).toMatch(/is in use by node abc/)
    expect(await other.read('peers.json')).toEqual(ONE)
    await release()
    await (
      await other.claim!('node def')
    )()
    expect(other.without).toBeUndefined()
  })
})
