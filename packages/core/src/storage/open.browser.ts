// `@peerwire/core/storage` in a browser: a database of the page's origin.
import type { Storage } from '../base/storage.ts'
import { indexedDbStorage } from './indexed-db.browser.ts'

export type { Storage } from '../base/storage.ts'

/** The storage of the platform. In a browser `where` names a database of the page's origin; in Node it is a folder. */
export function openStorage(where: string): Storage {
  if (where === '') throw new TypeError('openStorage needs the name of a database')
  return indexedDbStorage(where)
}
