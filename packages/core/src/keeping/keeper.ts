// Reads a stored value when a plugin starts, and saves it as it changes: the storage's troubles stay here.
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { runInSlices } from '../base/slices.ts'
import type { Storage } from '../base/storage.ts'
import { thrownFields } from '../index.ts'
import type { StoredForm, StoredRows } from './stored-form.ts'
import { decodeLines, encodeLines } from './stored-lines.ts'
import type { ReadLines } from './stored-lines.ts'

/** Milliseconds from a change to the save, at most: so much news a program loses that is killed. */
export const SAVE_MS = 60_000
/** The same for news that a program can't do without when it comes again: it may be gone in a moment. */
export const SOON_MS = 0
/** Bytes of a value that are written in one go when a page is left, a tenth of a second's work: more would be felt. */
const MAX_AT_ONCE_BYTES = 1_000_000
/** Milliseconds until a value is read again that could not be read, as after a disk's passing trouble. */
const AGAIN_MS = 10_000

export interface KeeperHost {
  readonly storage: Storage
  readonly clock: Clock
  readonly logger: Logger
}

/** What was stored, whole or as much as could be saved. */
export interface KeptRows extends StoredRows {
  /** What was wrong with the store, as a sentence. */
  readonly trouble: string | undefined
}

export interface KeeperFigures {
  readonly saves: number
  readonly failedSaves: number
  /** Bytes of the latest save, and its time in milliseconds since 1970. */
  readonly savedBytes: number
  readonly savedAtMs: number | undefined
  readonly lastError: string | undefined
  /** What was wrong with the value at the start. */
  readonly trouble: string | undefined
}

const NOTHING: ReadLines = { header: undefined, batches: [], rows: 0, damage: undefined, foreign: undefined }

interface Found {
  readonly lines: ReadLines
  readonly exists: boolean
  readonly error?: string
}

export class Keeper {
  readonly #form: StoredForm
  readonly #host: KeeperHost
  readonly #stopWatching: (() => void) | undefined
  #timer: Timer | undefined
  /** When what has changed is to be saved. */
  #dueMs = Infinity
  #running: Promise<void> | undefined
  /** The save that begins when the running one has ended. */
  #next: Promise<void> | undefined
  /** The latest save of a page that was left. */
  #left: Promise<void> | undefined
  /** Counts snapshots: an older one never replaces a later one. */
  #snapshots = 0
  #isDirty = false
  #isClosed = false
  /** What is stored could not be read or used, and must not be overwritten. */
  #stays: 'unread' | 'damaged' | undefined
  #again: Timer | undefined
  readonly #warned = new Set<string>()
  #figures = { saves: 0, failedSaves: 0, savedBytes: 0 }
  #savedAtMs: number | undefined
  #lastError: string | undefined
  #trouble: string | undefined

  constructor(form: StoredForm, host: KeeperHost) {
    this.#form = form
    this.#host = host
    this.#stopWatching = host.storage.whenLeaving?.(() => this.#leave())
  }

  /** Never rejects: what can't be used is set aside, and what can be saved of it is the answer. */
  async load(): Promise<KeptRows> {
    const { name } = this.#form
    const current = await this.#read('read')
    const { lines, exists, error } = current
    if (exists && isWhole(current)) return this.#loaded(lines, NOTHING)
    if (error !== undefined) {
      this.#stays = 'unread'
      this.#readAgainLater()
      this.#trouble = `${name} ${error}; it is tried again, and not overwritten`
    } else if (exists) {
      this.#stays = 'damaged'
      const saved = lines.foreign === undefined ? `, ${lines.rows} entries of it are used` : ''
      this.#trouble = `${name} can't be used: ${lines.foreign ?? lines.damage}${saved}; ${await this.#setAside()}`
    }
    const earlier = await this.#read('readPrevious')
    const before = earlier.lines.foreign === undefined ? earlier.lines : NOTHING
    if (!exists && before.rows > 0) this.#trouble = `${name} is missing, the copy before it is used`
    if (error !== undefined && before.rows > 0) this.#trouble += '; meanwhile the copy before it is used'
    if (this.#trouble !== undefined) this.#warn({ trouble: this.#trouble })
    // What was saved of it is worth a whole value again.
    if (this.#trouble !== undefined && error === undefined) this.changed()
    return this.#loaded(lines, before)
  }

  /** Something worth keeping has changed: it is saved within so many milliseconds. */
  changed(withinMs: number = SAVE_MS): void {
    this.#isDirty = true
    this.#dueMs = Math.min(this.#dueMs, this.#host.clock.now() + withinMs)
    if (!this.#running) this.#arm()
  }

  /**
   * Saves what is now; done once it is durable. Of several calls at once one save does for all.
   *
   * @throws {Error} the storage's own; what was saved before stays, and it is tried again
   */
  save(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error(`${this.#form.name} is closed: nothing is saved any more`))
    return this.#saveNext()
  }

  /** Saves what has changed and begins nothing afterwards. How long to wait for it is the caller's decision. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopWatching?.()
    for (const timer of [this.#timer, this.#again]) timer?.cancel()
    this.#timer = undefined
    await this.#running
    await this.#next?.catch(() => undefined)
    if (this.#isDirty) await this.#saveNext().catch(() => undefined)
  }

  inspect(): KeeperFigures {
    return {
      ...this.#figures,
      savedAtMs: this.#savedAtMs,
      lastError: this.#lastError,
      trouble: this.#trouble,
    }
  }

  async #read(method: 'read' | 'readPrevious'): Promise<Found> {
    const { storage, clock } = this.#host
    try {
      const bytes = await storage[method](this.#form.name)
      if (!bytes) return { lines: NOTHING, exists: false }
      return { lines: await runInSlices(clock, decodeLines(this.#form, bytes)), exists: true }
    } catch (error) {
      return { lines: NOTHING, exists: true, error: `can't be read: ${textOf(error)}` }
    }
  }

  // What was found, and from the copy before it what was not found.
  #loaded(lines: ReadLines, before: ReadLines): KeptRows {
    const header = lines.header ?? before.header
    const trouble = this.#trouble
    if (before.rows === 0) return { header, batches: lines.batches, trouble }
    const { keyOf } = this.#form
    const found = new Set(lines.batches.flatMap((batch) => batch.map(keyOf)))
    const missing = before.batches.map((batch) => batch.filter((row) => !found.has(keyOf(row))))
    return { header, batches: [...lines.batches, ...missing], trouble }
  }

  async #setAside(): Promise<string> {
    try {
      const place = await this.#host.storage.setAside(this.#form.name)
      this.#stays = undefined
      return `it is kept as ${place}`
    } catch (error) {
      return `it could not be set aside: ${textOf(error)}`
    }
  }

  #readAgainLater(): void {
    if (this.#isClosed) return
    this.#again = this.#host.clock.setTimer(AGAIN_MS, () => {
      void this.#readAgain().then(() => this.#stays === 'unread' && this.#readAgainLater())
    })
  }

  async #readAgain(): Promise<void> {
    if (this.#stays !== 'unread') return
    const found = await this.#read('read')
    if (this.#stays !== 'unread' || found.error !== undefined) return
    this.#stays = found.exists && !isWhole(found) ? 'damaged' : undefined
    const { title, name, late } = this.#form
    await late?.(found.lines)
    this.#host.logger.log('info', `${title} could be read after all`, { name, entries: found.lines.rows })
    this.changed()
  }

  #arm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#isClosed || this.#dueMs === Infinity) return
    this.#timer = this.#host.clock.setTimer(Math.max(0, this.#dueMs - this.#host.clock.now()), () => {
      this.#timer = undefined
      void this.#saveNext().catch(() => undefined)
    })
  }

  #saveNext(): Promise<void> {
    this.#isDirty = true
    this.#next ??= (this.#running ?? Promise.resolve()).then(() => {
      this.#next = undefined
      return this.#saveNow()
    })
    return this.#next
  }

  // Never two at once: whoever calls has seen that none runs.
  #saveNow(): Promise<void> {
    this.#isDirty = false
    this.#dueMs = Infinity
    this.#arm()
    const saving = this.#write()
    this.#running = saving
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#running = undefined
        if (this.#isDirty) this.#arm()
      })
    return saving
  }

  async #write(): Promise<void> {
    const { storage, clock } = this.#host
    const { name } = this.#form
    await this.#makeRoom()
    const snapshot = ++this.#snapshots
    const bytes = await runInSlices(clock, encodeLines(this.#form))
    // A page that was left meanwhile has saved what was then.
    if (snapshot !== this.#snapshots) return await this.#left
    await storage.write(name, bytes)
    this.#saved(bytes)
  }

  // What can't be read even now goes out of the way, for whoever mends the disk.
  async #makeRoom(): Promise<void> {
    if (this.#stays === 'unread') await this.#readAgain()
    if (this.#stays === undefined) return
    const place = await this.#host.storage.setAside(this.#form.name)
    this.#stays = undefined
    this.#warn({ trouble: `${this.#form.name} is kept as ${place}` })
  }

  // The program may be gone in a moment: nothing is waited for, and there is one thing to do, to write.
  #leave(): void {
    if (this.#stays !== undefined || !(this.#isDirty || this.#running)) return
    if (this.#figures.savedBytes > MAX_AT_ONCE_BYTES) {
      void this.#saveNext().catch(() => undefined)
      return
    }
    this.#isDirty = false
    this.#snapshots++
    const bytes = runAtOnce(encodeLines(this.#form))
    this.#left = this.#host.storage.write(this.#form.name, bytes)
    this.#left.then(
      () => this.#saved(bytes),
      (error: unknown) => this.#failed(error),
    )
  }

  #saved(bytes: Uint8Array): void {
    this.#figures.saves++
    this.#figures.savedBytes = bytes.length
    this.#savedAtMs = this.#host.clock.wallNow()
    if (this.#warned.size === 0) return
    this.#warned.clear()
    this.#lastError = undefined
    this.#host.logger.log('info', `${this.#form.title} is saved again`, { name: this.#form.name })
  }

  #failed(error: unknown): void {
    this.#figures.failedSaves++
    this.#lastError = textOf(error)
    this.changed()
    const kind = kindOf(error)
    if (this.#warned.has(kind)) return
    this.#warned.add(kind)
    const { title, name } = this.#form
    const sentence = `${title} could not be saved; what was saved before stays`
    this.#host.logger.log('warn', sentence, { name, err: this.#lastError })
  }

  #warn(fields: { readonly trouble: string }): void {
    this.#host.logger.log('warn', this.#form.title, fields)
  }
}

function textOf(error: unknown): string {
  return String(thrownFields(error).err)
}

function isWhole({ lines, error }: Found): boolean {
  return error === undefined && lines.foreign === undefined && lines.damage === undefined
}

function runAtOnce<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

// A full disk and a broken one are two things to tell; the same one every minute is not.
function kindOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : String(name)
}
