// What opening a storage can be told, on every platform.
import { checkOptions } from '../base/check-options.ts'

export interface StorageOptions {
  /**
   * What a node does whose storage another one has: it waits 2 s for one that is closing, as while a page is loaded
   * again or React mounts twice, and fails after that (`wait`, the default); it fails at once (`fail`); or it goes on
   * without a storage and says so (`none`).
   */
  readonly whenTaken?: 'wait' | 'fail' | 'none' | undefined
}

/** Milliseconds for a holder that is closing: a node's close takes no longer. */
export const CLOSING_MS = 2000

/** @throws {TypeError} naming what can't be used */
export function readStorageOptions(
  where: string,
  place: string,
  options: StorageOptions,
): NonNullable<StorageOptions['whenTaken']> {
  const { whenTaken = 'wait' } = checkOptions('openStorage', options, { whenTaken: 'text' })
  if (typeof where !== 'string' || where === '') throw new TypeError(`openStorage needs ${place}`)
  if (whenTaken === 'wait' || whenTaken === 'fail' || whenTaken === 'none') return whenTaken
  throw new TypeError(`openStorage: whenTaken must be 'wait', 'fail' or 'none', not ${String(whenTaken)}`)
}
