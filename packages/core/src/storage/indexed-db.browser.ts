// Values in an IndexedDB of the page's origin; one transaction replaces a value and keeps the one before.
import { createDeferred } from '../base/abort.ts'
import { checkStorageName } from '../base/storage.ts'
import type { Storage } from '../base/storage.ts'
import { claimPlace, whyDenied } from './page-claim.browser.ts'
import { onLeaving } from './page-leaving.browser.ts'
import type { StorageOptions } from './storage-options.ts'

export const STORE = 'values'

/** Keeps values in a database of the page's origin; other tabs of it see the same ones, and `claim` keeps them out. */
export function indexedDbStorage(name: string, whenTaken: NonNullable<StorageOptions['whenTaken']>): Storage {
  return new IndexedDbStorage(name, whenTaken)
}

class IndexedDbStorage implements Storage {
  without: string | undefined
  readonly #name: string
  readonly #whenTaken: NonNullable<StorageOptions['whenTaken']>
  #database: Promise<IDBDatabase> | undefined
  /** The same once it is open. */
  #opened: IDBDatabase | undefined
  /** The page is about to be left, in the call that says so. */
  #isLeaving = false

  constructor(name: string, whenTaken: NonNullable<StorageOptions['whenTaken']>) {
    this.#name = name
    this.#whenTaken = whenTaken
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    checkStorageName(name)
    return await this.#run('readonly', (store, done) => get(store, name, done))
  }

  async readPrevious(name: string): Promise<Uint8Array | undefined> {
    checkStorageName(name)
    return await this.#run('readonly', (store, done) => get(store, `${name}.previous`, done))
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    checkStorageName(name)
    if (this.#isLeaving && this.#opened) return await this.#writeAtOnce(this.#opened, name, bytes)
    await this.#run<void>('readwrite', (store) =>
      get(store, name, (old) => {
        if (old) store.put(old, `${name}.previous`)
        store.put(bytes, name)
      }),
    )
  }

  async setAside(name: string): Promise<string> {
    checkStorageName(name)
    const first = `${name}.damaged-`
    return await this.#run<string>('readwrite', (store, done) => {
      const taken = store.count(IDBKeyRange.bound(first, `${first}\uffff`))
      taken.onsuccess = () => {
        const aside = `${first}${taken.result + 1}`
        get(store, name, (value) => {
          store.put(value, aside)
          store.delete(name)
          done(aside)
        })
      }
    })
  }

  async claim(owner: string): Promise<() => Promise<void>> {
    this.without = undefined
    try {
      await this.#open().catch(throwIfDenied)
      const { release, holder } = await claimPlace(`peerwire storage ${this.#name}`, owner, this.#whenTaken === 'wait')
      return release ? () => release().then(() => this.#close()) : await this.#refused(holder)
    } catch (error) {
      const denied = whyDenied(error)
      if (denied === undefined) throw error
      return await this.#goOnWithout(denied)
    }
  }

  whenLeaving(call: () => void): () => void {
    return onLeaving(() => {
      this.#isLeaving = true
      try {
        call()
      } finally {
        this.#isLeaving = false
      }
    })
  }

  async #refused(holder = 'another node'): Promise<() => Promise<void>> {
    const taken = `the storage ${this.#name} is in use by ${holder} (perhaps in another tab)`
    if (this.#whenTaken === 'none') return await this.#goOnWithout(taken)
    await this.#close()
    throw new Error(`${taken}: give each node a name of its own`)
  }

  async #goOnWithout(reason: string): Promise<() => Promise<void>> {
    this.without = reason
    await this.#close()
    return () => Promise.resolve()
  }

  // All in this turn, for there may be no other: the value alone, without a look at the one before.
  async #writeAtOnce(database: IDBDatabase, name: string, bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = createDeferred<void>()
    const transaction = database.transaction(STORE, 'readwrite')
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error(`the storage ${this.#name} gave up`))
    transaction.objectStore(STORE).put(bytes, name)
    transaction.commit()
    await promise
  }

  // Once more with a new handle: browsers let one die without a word, as that of a tab that slept.
  async #run<T>(mode: IDBTransactionMode, work: Work<T>): Promise<T> {
    try {
      return await this.#try(mode, work)
    } catch (error) {
      if (!mayBeDead(error)) throw error
      await this.#close()
      return await this.#try(mode, work)
    }
  }

  async #try<T>(mode: IDBTransactionMode, work: Work<T>): Promise<T> {
    const database = await this.#open()
    const { promise, resolve, reject } = createDeferred<T>()
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    let result: T
    transaction.oncomplete = () => resolve(result)
    transaction.onabort = () => reject(transaction.error ?? new Error(`the storage ${this.#name} gave up`))
    work(transaction.objectStore(STORE), (value) => {
      result = value
    })
    return await promise
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= this.#openNew()
    return this.#database
  }

  async #openNew(): Promise<IDBDatabase> {
    try {
      this.#opened = await openDatabase(this.#name, () => this.#forget())
      return this.#opened
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  #forget(): void {
    this.#database = undefined
    this.#opened = undefined
  }

  async #close(): Promise<void> {
    const database = this.#database
    this.#forget()
    const opened = await database?.catch(() => undefined)
    opened?.close()
  }
}

type Work<T> = (store: IDBObjectStore, done: (value: T) => void) => void

// Other trouble with the database is for those who read it, and may pass.
function throwIfDenied(error: unknown): void {
  if (whyDenied(error) !== undefined) throw error
}

// A full disk is no dead handle, nor is a page that may keep nothing.
function mayBeDead(error: unknown): boolean {
  const { name } = error as { readonly name?: unknown }
  return !['QuotaExceededError', 'SecurityError', 'NotAllowedError', 'ReferenceError', 'TypeError'].includes(
    String(name),
  )
}

function get(store: IDBObjectStore, key: string, then: (value: Uint8Array | undefined) => void): void {
  const request = store.get(key)
  request.onsuccess = () => then(request.result as Uint8Array | undefined)
}

/** Opens a database with one store, `values`; `lost` is called when it can't be used any more. */
export async function openDatabase(name: string, lost: () => void): Promise<IDBDatabase> {
  const { promise, resolve, reject } = createDeferred<IDBDatabase>()
  try {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE)
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      database.onclose = lost
      database.onversionchange = () => {
        lost()
        database.close()
      }
      resolve(database)
    }
    return await promise
  } catch (error) {
    lost()
    throw error
  }
}
