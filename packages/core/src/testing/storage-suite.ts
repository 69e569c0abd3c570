// What every storage must do, as cases that run in Node, in a page, and for anybody's own.
import { utf8ToBytes, bytesToUtf8 } from '../base/bytes.ts'
import type { Storage } from '../base/storage.ts'

export interface StorageCase {
  readonly title: string
  /** `open` gives the same place again each time, as a restart does. @throws {Error} saying what is wrong */
  run(open: () => Storage): Promise<void>
}

export const storageCases: readonly StorageCase[] = [
  {
    title: 'has nothing at first',
    run: async (open) => {
      same(await read(open(), 'peers.json'), undefined)
      same(await previous(open(), 'peers.json'), undefined)
    },
  },
  {
    title: 'gives back what was written, and the one before',
    run: async (open) => {
      for (const text of ['one', 'two', 'three']) await open().write('peers.json', utf8ToBytes(text))
      same(await read(open(), 'peers.json'), 'three')
      same(await previous(open(), 'peers.json'), 'two')
    },
  },
  {
    title: 'keeps names apart',
    run: async (open) => {
      const storage = open()
      await Promise.all([storage.write('one', utf8ToBytes('1')), storage.write('two', utf8ToBytes(''))])
      same(await read(open(), 'one'), '1')
      same(await read(open(), 'two'), '')
    },
  },
  {
    title: 'writes in the order it was asked, of one name too',
    run: async (open) => {
      const storage = open()
      await Promise.all(['1', '2', '3', '4'].map((text) => storage.write('peers.json', utf8ToBytes(text))))
      same(await read(open(), 'peers.json'), '4')
      same(await previous(open(), 'peers.json'), '3')
    },
  },
  {
    title: 'sets a value aside under a new name each time, and keeps the previous one',
    run: async (open) => {
      const storage = open()
      await storage.write('peers.json', utf8ToBytes('good'))
      await storage.write('peers.json', utf8ToBytes('bad'))
      const first = await storage.setAside('peers.json')
      same(await read(open(), 'peers.json'), undefined)
      same(await previous(open(), 'peers.json'), 'good')
      await storage.write('peers.json', utf8ToBytes('bad again'))
      same((await storage.setAside('peers.json')) === first, false)
      same(await previous(open(), 'peers.json'), 'good')
    },
  },
  {
    title: 'takes 4 MiB',
    run: async (open) => {
      await open().write('big', new Uint8Array(4 * 1024 * 1024).fill(7))
      const bytes = await open().read('big')
      same(bytes?.length, 4 * 1024 * 1024)
      same(
        bytes?.every((byte) => byte === 7),
        true,
      )
    },
  },
  {
    title: 'refuses names that would lead elsewhere',
    run: async (open) => {
      for (const name of ['../x', 'a/b', '', '.x', 'x'.repeat(65), 'A']) {
        same(await failure(open().read(name)), 'TypeError')
        same(await failure(open().write(name, new Uint8Array())), 'TypeError')
      }
    },
  },
  {
    title: 'belongs to one at a time, and says to whom',
    run: async (open) => {
      const storage = open()
      const release = await storage.claim?.('node abc')
      if (!release) return
      const refusal = await storage.claim?.('node def').catch((error: unknown) => String(error))
      same(typeof refusal === 'string' && refusal.includes('node abc'), true)
      await release()
      const again = await storage.claim?.('node def')
      await again?.()
    },
  },
]

async function read(storage: Storage, name: string): Promise<string | undefined> {
  const bytes = await storage.read(name)
  return bytes && bytesToUtf8(bytes)
}

async function previous(storage: Storage, name: string): Promise<string | undefined> {
  const bytes = await storage.readPrevious(name)
  return bytes && bytesToUtf8(bytes)
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}

function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} where ${String(expected)} belongs`)
}
