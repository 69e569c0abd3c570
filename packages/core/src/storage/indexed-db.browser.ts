// Values in an IndexedDB of the page's origin; one transaction replaces a value and keeps the one before.
import { createDeferred } from '../base/abort.ts'
import { checkStorageName } from '../base/storage.ts'
import type { Storage } from '../base/storage.ts'

export const STORE = 'values'

/** Keeps values in a database of the page's origin; other tabs of it see the same ones, and `claim` keeps them out. */
export function indexedDbStorage(name: string): Storage {
  return new IndexedDbStorage(name)
}

class IndexedDbStorage implements Storage {
  readonly #name: string
  #database: Promise<IDBDatabase> | undefined

  constructor(name: string) {
    this.#name = name
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
    // Only pages that came over https or from this machine have locks.
    const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined)
    if (!locks) return () => this.#close()
    const lock = `peerwire storage ${this.#name}`
    const taken = createDeferred<boolean>()
    const over = createDeferred<void>()
    const ended = locks.request(lock, { ifAvailable: true }, async (granted) => {
      taken.resolve(granted !== null)
      // A second lock, whose name tells others who has the first.
      if (granted) await locks.request(`${lock}: ${owner}`, () => over.promise)
    })
    ended.catch((error: unknown) => taken.reject(error))
    if (!(await taken.promise)) throw new Error(await this.#refusal(locks, lock))
    return async () => {
      over.resolve()
      await ended
      await this.#close()
    }
  }

  async #refusal(locks: LockManager, lock: string): Promise<string> {
    const { held = [] } = await locks.query()
    const holder = held.find(({ name }) => name?.startsWith(`${lock}: `))?.name?.slice(lock.length + 2)
    const who = holder ?? 'another node'
    return `the storage ${this.#name} is in use by ${who} (perhaps in another tab): give each node a name of its own`
  }

  async #run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore, done: (value: T) => void) => void): Promise<T> {
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
    this.#database ??= openDatabase(this.#name, () => {
      this.#database = undefined
    })
    return this.#database
  }

  async #close(): Promise<void> {
    const database = this.#database
    this.#database = undefined
    const opened = await database?.catch(() => undefined)
    opened?.close()
  }
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
