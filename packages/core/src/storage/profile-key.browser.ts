// One key for all tabs of an origin, in a database of its own: of two tabs that ask at once both get the same.
import { createDeferred } from '../base/abort.ts'
import { generatePrivateKey, isPrivateKey } from '../crypto/private-key.ts'
import { openDatabase, STORE } from './indexed-db.browser.ts'
import { SpoiledKey } from './private-key.ts'

const ENTRY = 'private key'

/** @throws {Error} one sentence when what is kept is no key, or the browser's own error when it keeps nothing */
export async function profileKey(name: string): Promise<Uint8Array> {
  const database = await openDatabase(name, () => undefined)
  try {
    return checked(await readOrMake(database), name)
  } finally {
    database.close()
  }
}

// One transaction, so that no other tab comes between.
async function readOrMake(database: IDBDatabase): Promise<unknown> {
  const { promise, resolve, reject } = createDeferred<unknown>()
  const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(STORE)
  const request = store.get(ENTRY)
  let kept: unknown
  request.onsuccess = () => {
    kept = request.result
    if (kept === undefined) store.put((kept = generatePrivateKey()), ENTRY)
  }
  transaction.oncomplete = () => resolve(kept)
  transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave up keeping a key'))
  return await promise
}

function checked(kept: unknown, name: string): Uint8Array {
  if (kept instanceof Uint8Array && isPrivateKey(kept)) return kept
  throw new SpoiledKey(`the database "${name}" holds no private key; delete it to get a new one`)
}
