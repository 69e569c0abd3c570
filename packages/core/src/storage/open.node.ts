// `@peerwire/core/storage` in Node: files of a folder.
import type { Storage } from '../base/storage.ts'
import { fileStorage } from './file-storage.node.ts'

export type { Storage } from '../base/storage.ts'

/** The storage of the platform. In Node `where` is a folder; in a browser it names a database of the page's origin. */
export function openStorage(where: string): Storage {
  if (where === '') throw new TypeError('openStorage needs a folder')
  return fileStorage(where)
}
