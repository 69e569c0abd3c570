// Reads an address book when the node starts, and saves it now and then: the disk's troubles stay here.
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { runInSlices } from '../base/slices.ts'
import type { Storage } from '../base/storage.ts'
import { causeText } from '../errors/peer-error.ts'
import { decodeBook, encodeBook } from './book-file.ts'
import type { BookHeader, ReadBook } from './book-file.ts'

/** Milliseconds from a change to the save: addresses age slowly, and a crash costs ten minutes of hearsay at most. */
const SAVE_MS = 600_000

export interface KeeperOptions {
  readonly storage: Storage
  /** Name of the stored value. */
  readonly name: string
  readonly network: string
  readonly clock: Clock
  readonly logger: Logger
  /** What is to be saved, at the moment of the call. */
  snapshot(): { readonly header: BookHeader; readonly rows: Iterable<readonly unknown[]> }
}

/** What was stored, whole or as much as could be saved. */
export interface LoadedBook {
  readonly header: BookHeader | undefined
  /** To be restored one after another; their rows are not checked. */
  readonly batches: readonly (readonly unknown[])[]
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
  /** What was wrong with the book at the start. */
  readonly trouble: string | undefined
}

const NOTHING: ReadBook = { header: undefined, batches: [], rows: 0, damage: undefined, foreign: undefined }

export class BookKeeper {
  readonly #options: KeeperOptions
  #timer: Timer | undefined
  #saving: Promise<void> | undefined
  #isDirty = false
  #isClosed = false
  /** What is stored could not be read, and must not be overwritten. */
  #mustSetAside = false
  readonly #warned = new Set<string>()
  #figures = { saves: 0, failedSaves: 0, savedBytes: 0 }
  #savedAtMs: number | undefined
  #lastError: string | undefined
  #trouble: string | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** Never rejects: what can't be read is set aside, and what can be saved of it is the answer. */
  async load(): Promise<LoadedBook> {
    const { name } = this.#options
    const current = await this.#read('read')
    const reason = current.error ?? current.book.foreign ?? current.book.damage
    if (current.exists && reason === undefined) return loaded(current.book, NOTHING, undefined)
    if (current.exists) {
      this.#mustSetAside = true
      const place = await this.#setAside()
      const whole = current.book.foreign === undefined && current.error === undefined
      const saved = whole ? `, ${current.book.rows} entries of it are used` : ''
      this.#trouble = `${name} can't be used: ${reason}${saved}; ${place}`
    }
    const earlier = await this.#read('readPrevious')
    const before = earlier.book.foreign === undefined ? earlier.book : NOTHING
    if (!current.exists && before.rows > 0) this.#trouble = `${name} is missing, the copy before it is used`
    if (this.#trouble !== undefined) this.#options.logger.log('warn', 'Address book', { trouble: this.#trouble })
    return loaded(current.book, before, this.#trouble)
  }

  /** Something worth keeping has changed. */
  changed(): void {
    this.#isDirty = true
    if (!this.#saving) this.#arm()
  }

  /** Saves what has changed and begins nothing afterwards. How long to wait for it is the caller's decision. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#saving
    if (this.#isDirty) await this.#save()
  }

  inspect(): KeeperFigures {
    return {
      ...this.#figures,
      savedAtMs: this.#savedAtMs,
      lastError: this.#lastError,
      trouble: this.#trouble,
    }
  }

  async #read(method: 'read' | 'readPrevious'): Promise<{ book: ReadBook; exists: boolean; error?: string }> {
    const { storage, name, network, clock } = this.#options
    try {
      const bytes = await storage[method](name)
      if (!bytes) return { book: NOTHING, exists: false }
      return { book: await runInSlices(clock, decodeBook(bytes, network)), exists: true }
    } catch (error) {
      return { book: NOTHING, exists: true, error: `it can't be read: ${causeText(error)}` }
    }
  }

  async #setAside(): Promise<string> {
    try {
      const place = await this.#options.storage.setAside(this.#options.name)
      this.#mustSetAside = false
      return `it is kept as ${place}`
    } catch (error) {
      return `it could not be set aside: ${causeText(error)}`
    }
  }

  #arm(): void {
    if (this.#timer || this.#isClosed) return
    this.#timer = this.#options.clock.setTimer(SAVE_MS, () => {
      this.#timer = undefined
      void this.#save()
    })
  }

  // Never two at once: whoever calls has seen that none runs.
  #save(): Promise<void> {
    this.#isDirty = false
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined
      if (this.#isDirty) this.#arm()
    })
    return this.#saving
  }

  async #write(): Promise<void> {
    const { storage, name, clock, snapshot } = this.#options
    try {
      if (this.#mustSetAside) {
        await storage.setAside(name)
        this.#mustSetAside = false
      }
      const { header, rows } = snapshot()
      const bytes = await runInSlices(clock, encodeBook(header, rows))
      await storage.write(name, bytes)
      this.#figures.saves++
      this.#figures.savedBytes = bytes.length
      this.#savedAtMs = clock.wallNow()
      this.#recovered()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#isDirty = true
    this.#figures.failedSaves++
    this.#lastError = causeText(error)
    const kind = kindOf(error)
    if (this.#warned.has(kind)) return
    this.#warned.add(kind)
    const { logger, name } = this.#options
    logger.log('warn', 'Address book could not be saved; what was saved before stays', { name, err: this.#lastError })
  }

  #recovered(): void {
    if (this.#warned.size === 0) return
    this.#warned.clear()
    this.#lastError = undefined
    this.#options.logger.log('info', 'Address book is saved again', { name: this.#options.name })
  }
}

// What was found, and from the copy before it what was not found.
function loaded(book: ReadBook, before: ReadBook, trouble: string | undefined): LoadedBook {
  const header = book.header ?? before.header
  if (before.rows === 0) return { header, batches: forHeader(book.batches, header), trouble }
  const found = new Set(book.batches.flatMap((batch) => batch.map(addressIn)))
  const missing = before.batches.map((batch) => batch.filter((row) => !found.has(addressIn(row))))
  return { header, batches: forHeader([...book.batches, ...missing], header), trouble }
}

// Buckets mean nothing without the key that they were made with.
function forHeader(batches: LoadedBook['batches'], header: BookHeader | undefined): LoadedBook['batches'] {
  if (header) return batches
  return batches.map((batch) => batch.map((row) => ({ ...(row as object), buckets: [] })))
}

function addressIn(row: unknown): unknown {
  return (row as { readonly address?: unknown }).address
}

// A full disk and a broken one are two things to tell; the same one every ten minutes is not.
function kindOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : String(name)
}
