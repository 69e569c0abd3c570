// The keeper for whoever keeps a value.
import type { Storage } from '../base/storage.ts'
import { Keeper } from './keeper.ts'
import type { KeeperHost, KeptRows } from './keeper.ts'
import type { StoredForm } from './stored-form.ts'

/** What a plugin's context has. */
export interface KeepHost extends Omit<KeeperHost, 'storage'> {
  readonly storage?: Storage | undefined
}

/** A value that is kept, and what was found of it. */
export interface Kept {
  readonly keeper: Keeper
  readonly found: KeptRows
}

/**
 * Reads a value of a storage, which is then kept up to date by `changed` and `save` until `close`. It is saved within a
 * minute of a change, and when a page is left; what is damaged or can't be read is never overwritten: it is set aside,
 * what is whole of it and of the copy before it is used, and a warning says so. `undefined` without a storage.
 */
export async function keep(form: StoredForm, { storage, clock, logger }: KeepHost): Promise<Kept | undefined> {
  if (!storage) return undefined
  const keeper = new Keeper(form, { storage, clock, logger })
  return { keeper, found: await keeper.load() }
}
