// A storage that lives as long as the program, for tests of what a node keeps.
import { checkStorageName } from '../base/storage.ts'
import type { Storage } from '../base/storage.ts'

/** `values` and `aside` are the stored bytes themselves, for tests to look at and to spoil. */
export interface MemoryStorage extends Storage {
  readonly values: Map<string, Uint8Array>
  readonly previous: Map<string, Uint8Array>
  readonly aside: Map<string, Uint8Array>
  /** What a browser does when the page is hidden or left: whoever keeps something is called. */
  leave(): void
}

export function memoryStorage(): MemoryStorage {
  const values = new Map<string, Uint8Array>()
  const previous = new Map<string, Uint8Array>()
  const aside = new Map<string, Uint8Array>()
  const leaving = new Set<() => void>()
  let holder: string | undefined
  return {
    values,
    previous,
    aside,
    read: async (name) => {
      checkStorageName(name)
      return values.get(name)?.slice()
    },
    readPrevious: async (name) => previous.get(name)?.slice(),
    write: async (name, bytes) => {
      checkStorageName(name)
      const old = values.get(name)
      if (old) previous.set(name, old)
      values.set(name, bytes.slice())
    },
    setAside: async (name) => {
      const bytes = values.get(name)
      if (!bytes) throw new RangeError(`there is no ${name} to set aside`)
      const place = `${name}.${aside.size + 1}.bad`
      aside.set(place, bytes)
      values.delete(name)
      return place
    },
    leave: () => {
      for (const call of leaving) call()
    },
    whenLeaving: (call) => {
      leaving.add(call)
      return () => void leaving.delete(call)
    },
    claim: async (owner) => {
      if (holder !== undefined) throw new Error(`the storage is in use by ${holder}`)
      holder = owner
      return async () => {
        holder = undefined
      }
    },
  }
}
