import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import * as realFs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { storageCases } from '../testing/storage-suite.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import { fileStorage } from './file-storage.node.ts'
import type { FileSystem } from './file-system.node.ts'

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-storage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const ONE = Uint8Array.of(1)
const TWO = Uint8Array.of(2)

describe('a storage', () => {
  it.each(storageCases)('of files: $title', async ({ run }) => {
    const folder = await emptyFolder()
    await run(() => fileStorage(folder))
  })

  it.each(storageCases)('of memory: $title', async ({ run }) => {
    const storage = memoryStorage()
    await run(() => storage)
  })
})

describe('a storage of files', () => {
  it('makes its folder, and lets only its user look in', async () => {
    const folder = join(await emptyFolder(), 'a', 'b')
    await fileStorage(folder).write('peers.json', ONE)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'peers.json'))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['peers.json'])
  })

  it('does not read a file that is past its bound', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'peers.json'), '')
    await realFs.truncate(join(folder, 'peers.json'), 128 * 1024 * 1024 + 1)
    await expect(fileStorage(folder).read('peers.json')).rejects.toThrow(/134217729 bytes, at most 134217728/)
  })

  it.each(['open', 'link', 'rename', 'rm'] as const)('keeps the old value when %s fails', async (broken) => {
    const folder = await emptyFolder()
    await fileStorage(folder).write('peers.json', ONE)
    for (const code of ['ENOSPC', 'EACCES', 'EIO']) {
      const failing = (): Promise<never> => Promise.reject(Object.assign(new Error(`${code}: broken`), { code }))
      const fs: FileSystem = { ...realFs, [broken]: failing }
      await expect(fileStorage(folder, { fs }).write('peers.json', TWO)).rejects.toMatchObject({ code })
      expect(await fileStorage(folder).read('peers.json')).toEqual(ONE)
    }
    await fileStorage(folder).write('peers.json', TWO)
    expect(await fileStorage(folder).read('peers.json')).toEqual(TWO)
  })

  it('copies where the file system has no links', async () => {
    const folder = await emptyFolder()
    const fs: FileSystem = {
      ...realFs,
      link: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTSUP' })),
    }
    const storage = fileStorage(folder, { fs })
    const release = await storage.claim!('a')
    await storage.write('peers.json', ONE)
    await storage.write('peers.json', TWO)
    expect(await storage.readPrevious('peers.json')).toEqual(ONE)
    await expect(storage.claim!('b')).rejects.toThrow(/in use by a/)
    await release()
    expect((await readdir(folder)).sort()).toEqual(['peers.json', 'peers.json.previous'])
  })
})
