// `@peerwire/core/storage` in a browser: databases of the page's origin, and keys of its tabs.
import type { Storage } from '../base/storage.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { indexedDbStorage } from './indexed-db.browser.ts'
import { checkKeyOptions, SpoiledKey } from './private-key.ts'
import type { PrivateKeyOptions } from './private-key.ts'
import { profileKey } from './profile-key.browser.ts'
import { readStorageOptions } from './storage-options.ts'
import type { StorageOptions } from './storage-options.ts'
import { tabKey } from './tab-key.browser.ts'

export type { Storage } from '../base/storage.ts'
export type { PrivateKeyOptions } from './private-key.ts'
export type { StorageOptions } from './storage-options.ts'

/**
 * The storage of the platform. In a browser `where` names a database of the page's origin; in Node it is a folder.
 * Where the browser keeps nothing (site data denied, a sandboxed frame) a node goes on without it and says so.
 *
 * @throws {TypeError} naming what can't be used
 */
export function openStorage(where: string, options: StorageOptions = {}): Storage {
  return indexedDbStorage(where, readStorageOptions(where, 'the name of a database', options))
}

/** Keys that this page has, by what they are called: a second call gives the same one. */
const known = new Map<string, Promise<Uint8Array>>()

/**
 * The private key that is kept under the name `where` for this tab or, with `per: 'profile'`, for all tabs of the
 * page's origin; made on the first call. A reload gives a tab its key again; a duplicated tab takes one of its own.
 *
 * Where the browser keeps nothing (site data denied, a sandboxed frame, a worker's missing sessionStorage) the key is
 * this page's alone and ends with it, and `warn` is told. Frames of one origin share their tab's sessionStorage, so
 * give each a name of its own.
 *
 * @throws {Error} one sentence when what is kept under the name is no key: it is never replaced
 */
export async function loadOrCreatePrivateKey(where: string, options: PrivateKeyOptions = {}): Promise<Uint8Array> {
  checkKeyOptions(where, options)
  const { per = 'tab' } = options
  const called = `${per} ${where}`
  let key = known.get(called)
  if (!key) {
    key = loadKey(where, options)
    known.set(called, key)
    key.catch(() => known.delete(called))
  }
  return (await key).slice()
}

async function loadKey(where: string, { per, warn }: PrivateKeyOptions): Promise<Uint8Array> {
  const name = `peerwire key: ${where}`
  try {
    return await (per === 'profile' ? profileKey(name) : tabKey(name))
  } catch (error) {
    if (error instanceof SpoiledKey) throw error
    warn?.(`the browser keeps no key for this page, so it has one of its own until it ends: ${String(error)}`)
    return generatePrivateKey()
  }
}
