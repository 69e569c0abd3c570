// The key on disk: made once, whole, private, and never overwritten.
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '@peerwire/core'
import { loadKey } from './key-file.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerwire-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('loadKey', () => {
  it('makes a key that only its user can read, and gives the same one again', async () => {
    const first = await loadKey(directory)
    expect(first.exposed).toBe(false)
    expect((await stat(first.path)).mode & 0o777).toBe(0o600)
    expect((await readFile(first.path, 'utf8')).trim()).toBe(toHex(first.privateKey))
    expect((await loadKey(directory)).privateKey).toEqual(first.privateKey)
    expect(await readdir(directory)).toEqual(['key'])
  })

  it('gives one key to all when many start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadKey(directory)))
    expect(new Set(keys.map(({ privateKey }) => toHex(privateKey))).size).toBe(1)
    expect(await readdir(directory)).toEqual(['key'])
  })

  it.each([
    ['nothing', ''],
    ['half a key', 'ab'.repeat(16)],
    ['no hex', 'zz'.repeat(32)],
    ['zero, which is no private key', '00'.repeat(32)],
    ['two keys', `${'ab'.repeat(32)}\n${'ab'.repeat(32)}`],
  ])('names a file that holds %s, and leaves it as it is', async (_, text) => {
    const path = join(directory, 'key')
    await writeFile(path, text)
    await expect(loadKey(directory)).rejects.toThrow(`the key file ${path} holds no private key`)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('says that others can read the file', async () => {
    const { path } = await loadKey(directory)
    await chmod(path, 0o644)
    expect((await loadKey(directory)).exposed).toBe(true)
  })
})
