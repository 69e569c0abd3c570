// `@peerwire/core/storage` in Node: files.
import type { Storage } from '../base/storage.ts'
import { fileStorage } from './file-storage.node.ts'
import { loadKeyFile } from './key-file.node.ts'
import type { PrivateKeyOptions } from './private-key.ts'
import { readStorageOptions } from './storage-options.ts'
import type { StorageOptions } from './storage-options.ts'

export type { Storage } from '../base/storage.ts'
export type { PrivateKeyOptions } from './private-key.ts'
export type { StorageOptions } from './storage-options.ts'

/**
 * The storage of the platform. In Node `where` is a folder; in a browser it names a database of the page's origin.
 *
 * @throws {TypeError} naming what can't be used
 */
export function openStorage(where: string, options: StorageOptions = {}): Storage {
  return fileStorage(where, { whenTaken: readStorageOptions(where, 'a folder', options) })
}

/**
 * The private key that is kept at `where`, made on the first call. In Node that is a file: 64 hex digits, mode 600, in
 * a folder that is made, too; of programs that start at once all get the same key. Two that run at once with one key
 * are one peer to others, so give each a file of its own.
 *
 * A file that other users can read is taken all the same, since mounted secrets often are, and `warn` is told.
 *
 * @throws {Error} one sentence naming the file, when it is there and holds no key (it is never replaced), or when it
 * can't be read or made
 */
export async function loadOrCreatePrivateKey(where: string, options: PrivateKeyOptions = {}): Promise<Uint8Array> {
  return await loadKeyFile(where, options)
}
