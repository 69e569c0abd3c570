// One node to a folder: a lock file that tells who holds it, and that a crash does not leave behind for good.
//
// The rule: whoever holds the lock touches it every 2 s. Whoever finds one looks at the process that it names, if its
// number means something here: on the same start of the same machine, in the same container. One that is gone, or whose
// number is another's by now, holds nothing. Where a look can't tell, the lock is watched: one that is not touched for
// 10 s is nobody's. So no clock of one machine is held against another's. A holder that slept for longer, and whose
// lock went to somebody else, finds that out before it writes again, and writes nothing any more.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { delay } from '../base/abort.ts'
import { backgroundClock } from '../base/background-clock.node.ts'
import { systemClock } from '../base/clock.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { codeOf, hasNoLinks } from './file-system.node.ts'
import type { FileSystem } from './file-system.node.ts'
import { describeSelf, forget, lookAt, readHolder } from './lock-holder.node.ts'
import type { Holder } from './lock-holder.node.ts'

/** Times that the lock is tried when others come and go at the same moment. */
const MAX_TRIES = 8
/** Milliseconds between two touches of a lock that is held. */
const BEAT_MS = 2000
/** Milliseconds without a touch after which a lock is nobody's: five that were missed. */
const DEAD_MS = 10_000
/** Milliseconds between two looks at a lock that is watched. */
const LOOK_MS = 250

/** The folder has another holder. */
export class FolderTaken extends Error {}

export interface FolderLock {
  /** Makes sure that the lock is ours still. @throws {FolderTaken} naming who has it by now */
  check(): Promise<void>
  /** Gives it back; twice does nothing. */
  release(): Promise<void>
}

/** The latest try of this process for each folder: its nodes try one after another, so that none undoes another's. */
const turns = new Map<string, Promise<void>>()

/** Takes the lock of a folder. @throws {FolderTaken} naming the holder */
export async function lockFolder(folder: string, owner: string, fs: FileSystem, clock?: Clock): Promise<FolderLock> {
  // Another one of this process must find the token as soon as it finds the file.
  const self = await describeSelf(owner, randomUUID(), fs)
  const lock = new HeldLock(folder, self, fs, clock ?? backgroundClock)
  try {
    await inTurn(folder, () => take(folder, lock.path, self, fs, clock ?? systemClock))
  } catch (error) {
    forget(self.token)
    if (codeOf(error) === undefined) throw error
    throw new Error(`${folder} could not be locked: ${(error as Error).message}`, { cause: error })
  }
  lock.begin()
  return lock
}

class HeldLock implements FolderLock {
  readonly path: string
  readonly #folder: string
  readonly #self: Holder
  readonly #fs: FileSystem
  readonly #clock: Clock
  #timer: Timer | undefined
  #beating: Promise<void> = Promise.resolve()

  constructor(folder: string, self: Holder, fs: FileSystem, clock: Clock) {
    this.path = join(folder, 'lock')
    this.#folder = folder
    this.#self = self
    this.#fs = fs
    this.#clock = clock
  }

  begin(): void {
    this.#timer = this.#clock.setTimer(BEAT_MS, () => {
      // A disk in trouble may be well at the next beat; somebody else's lock is not touched any more.
      const isLost = this.#beat().then(
        () => false,
        (error: unknown) => error instanceof FolderTaken,
      )
      this.#beating = isLost.then((lost) => {
        if (!lost && this.#timer) this.begin()
      })
    })
  }

  async check(): Promise<void> {
    const { path } = this
    let found = await readHolder(path, this.#fs)
    // Somebody has removed the file: it is ours again, unless another one was faster.
    if (!found && !(await place(path, this.#self, this.#fs))) found = await readHolder(path, this.#fs)
    if (!found || found.token === this.#self.token) return
    throw new FolderTaken(`${this.#folder} was taken over by ${nameOf(found)}: this node keeps nothing there any more`)
  }

  async release(): Promise<void> {
    if (!forget(this.#self.token)) return
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#beating
    const found = await readHolder(this.path, this.#fs)
    if (found?.token === this.#self.token) await this.#fs.rm(this.path, { force: true })
  }

  async #beat(): Promise<void> {
    await this.check()
    const seconds = this.#clock.wallNow() / 1000
    await this.#fs.utimes(this.path, seconds, seconds)
  }
}

async function inTurn(folder: string, run: () => Promise<void>): Promise<void> {
  const turn = (turns.get(folder) ?? Promise.resolve()).then(run)
  const settled = turn.catch(() => undefined)
  turns.set(folder, settled)
  await turn.finally(() => turns.get(folder) === settled && turns.delete(folder))
}

async function take(folder: string, path: string, self: Holder, fs: FileSystem, clock: Clock): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await place(path, self, fs)) return
    const other = await readHolder(path, fs)
    if (other === undefined) continue
    const look = await lookAt(other, fs)
    if (look === 'alive' || (look === 'unknown' && (await isTouched(path, other, fs, clock)))) {
      throw new FolderTaken(`${folder} is in use by ${nameOf(other)}: close it, or give each node a folder of its own`)
    }
    await removeDead(path, other, fs)
  }
  throw new Error(`${folder} could not be locked: others come and go`)
}

// Until something happens to the lock, or for long enough nothing. One that is gone or another's is looked at anew.
async function isTouched(path: string, { token }: Holder, fs: FileSystem, clock: Clock): Promise<boolean> {
  const first = await touchedAt(path, fs)
  const untilMs = clock.now() + DEAD_MS
  while (first !== undefined) {
    await delay(clock, LOOK_MS)
    const latest = await touchedAt(path, fs)
    if (latest === undefined || (await readHolder(path, fs))?.token !== token) return false
    if (latest !== first) return true
    if (clock.now() >= untilMs) return false
  }
  return false
}

async function touchedAt(path: string, fs: FileSystem): Promise<number | undefined> {
  try {
    return (await fs.stat(path)).mtimeMs
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function nameOf({ owner, pid }: Holder): string {
  return `${owner} (process ${pid})`
}

// Written beside its place and linked into it: whoever finds a lock finds a whole one.
async function place(path: string, holder: Holder, fs: FileSystem): Promise<boolean> {
  const draft = `${path}-${holder.token}`
  try {
    await fs.writeFile(draft, JSON.stringify(holder), { mode: 0o600 })
    try {
      await fs.link(draft, path)
    } catch (error) {
      if (!hasNoLinks(error)) throw error
      await fs.writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await fs.rm(draft, { force: true })
  }
}

// Moved away first: of two that find the same dead lock, one gets it, and a living one that came between is put back.
async function removeDead(path: string, dead: Holder, fs: FileSystem): Promise<void> {
  const away = `${path}-${randomUUID()}`
  try {
    await fs.rename(path, away)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const found = await readHolder(away, fs)
  if (found && found.token !== dead.token) await fs.link(away, path).catch(() => undefined)
  await fs.rm(away, { force: true })
}
