// Values as files of one folder, replaced so that a crash at any moment leaves the old one or the new one.
import * as nodeFs from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { delay } from '../base/abort.ts'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { checkStorageName } from '../base/storage.ts'
import type { Storage } from '../base/storage.ts'
import { codeOf, hasNoLinks, syncFolder } from './file-system.node.ts'
import type { FileSystem } from './file-system.node.ts'
import { FolderTaken, lockFolder } from './folder-lock.node.ts'
import type { FolderLock } from './folder-lock.node.ts'
import { CLOSING_MS } from './storage-options.ts'
import type { StorageOptions } from './storage-options.ts'

/** Only the user may look in: who knows whom is nobody else's business. */
const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
/** Most bytes of a value that is read: four times the fullest address book. */
const MAX_VALUE_BYTES = 128 * 1024 * 1024

/** Milliseconds between two tries for a folder that another node may be giving back. */
const TRY_MS = 100

export interface FileStorageOptions {
  readonly whenTaken?: NonNullable<StorageOptions['whenTaken']>
  readonly fs?: FileSystem
  /** Default: the platform's, which keeps the program alive while somebody waits, but not for a lock that is held. */
  readonly clock?: Clock | undefined
}

/**
 * Keeps values in the files of a folder, which is made when it isn't there.
 *
 * Beside `NAME` lie `NAME.previous`, the value before, `NAME.draft` while one is written, `NAME.damaged-1` and so on
 * for those set aside, and `lock` while a node runs.
 */
export function fileStorage(folder: string, options: FileStorageOptions = {}): Storage {
  return new FileStorage(resolve(folder), options)
}

class FileStorage implements Storage {
  without: string | undefined
  readonly #folder: string
  readonly #fs: FileSystem
  readonly #options: FileStorageOptions
  #lock: FolderLock | undefined
  /** The latest change of anything: changes happen one after another. */
  #latest: Promise<unknown> = Promise.resolve()

  constructor(folder: string, options: FileStorageOptions) {
    this.#folder = folder
    this.#fs = options.fs ?? nodeFs
    this.#options = options
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return await this.#readFile(this.#pathOf(name))
  }

  async readPrevious(name: string): Promise<Uint8Array | undefined> {
    return await this.#readFile(`${this.#pathOf(name)}.previous`)
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(name)
    await this.#inTurn(async () => {
      await this.#makeFolder()
      await this.#lock?.check()
      const draft = `${path}.draft`
      await this.#writeWhole(draft, bytes)
      await this.#keepPrevious(path)
      await this.#fs.rename(draft, path)
      await syncFolder(this.#folder, this.#fs)
    })
  }

  async setAside(name: string): Promise<string> {
    const path = this.#pathOf(name)
    return await this.#inTurn(async () => {
      await this.#lock?.check()
      const taken = new Set(await this.#fs.readdir(this.#folder))
      let number = 1
      while (taken.has(`${name}.damaged-${number}`)) number++
      await this.#fs.rename(path, `${path}.damaged-${number}`)
      await syncFolder(this.#folder, this.#fs)
      return `${path}.damaged-${number}`
    })
  }

  async claim(owner: string): Promise<() => Promise<void>> {
    this.without = undefined
    await this.#makeFolder()
    const lock = await this.#lockFolder(owner)
    if (!lock) return () => Promise.resolve()
    this.#lock = lock
    return async () => {
      await this.#latest
      if (this.#lock === lock) this.#lock = undefined
      await lock.release()
    }
  }

  async #lockFolder(owner: string): Promise<FolderLock | undefined> {
    const { whenTaken = 'fail', clock = systemClock } = this.#options
    const untilMs = clock.now() + (whenTaken === 'wait' ? CLOSING_MS : 0)
    for (;;) {
      try {
        return await lockFolder(this.#folder, owner, this.#fs, this.#options.clock)
      } catch (error) {
        if (!(error instanceof FolderTaken)) throw error
        if (whenTaken === 'none') {
          this.without = error.message
          return undefined
        }
        if (clock.now() >= untilMs) throw error
        await delay(clock, TRY_MS)
      }
    }
  }

  #pathOf(name: string): string {
    checkStorageName(name)
    return join(this.#folder, name)
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#latest.then(change)
    this.#latest = result.catch(() => undefined)
    return result
  }

  async #makeFolder(): Promise<void> {
    await this.#fs.mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER })
  }

  async #readFile(path: string): Promise<Uint8Array | undefined> {
    try {
      const { size } = await this.#fs.stat(path)
      if (size > MAX_VALUE_BYTES) throw new RangeError(`${path} has ${size} bytes, at most ${MAX_VALUE_BYTES} are read`)
      const bytes = await this.#fs.readFile(path)
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async #exists(path: string): Promise<boolean> {
    return (await this.#fs.readdir(this.#folder)).includes(basename(path))
  }

  async #writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#fs.open(path, 'w', PRIVATE_FILE)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  // A second name for the value that is about to be replaced; its first name never goes away meanwhile.
  async #keepPrevious(path: string): Promise<void> {
    const second = `${path}.previous.draft`
    await this.#fs.rm(second, { force: true })
    try {
      await this.#fs.link(path, second)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return
      if (!hasNoLinks(error)) throw error
      if (!(await this.#exists(path))) return
      await this.#fs.copyFile(path, second)
    }
    await this.#fs.rename(second, `${path}.previous`)
  }
}
