// The key on disk: made once, whole, private, and never overwritten.
import * as realFs from 'node:fs/promises'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { isPrivateKey } from '../crypto/private-key.ts'
import type { FileSystem } from './file-system.node.ts'
import { loadKeyFile } from './key-file.node.ts'
import { loadOrCreatePrivateKey } from './open.node.ts'
import type { PrivateKeyOptions } from './private-key.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-key-'))
  path = join(folder, 'key')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fails = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }))

describe('loadOrCreatePrivateKey in Node', () => {
  it('makes a key that only its user can read, and gives the same one again', async () => {
    const first = await loadOrCreatePrivateKey(path)
    expect(isPrivateKey(first)).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toBe(`${toHex(first)}\n`)
    expect(await loadOrCreatePrivateKey(path, { per: 'tab' })).toEqual(first)
    expect(await readdir(folder)).toEqual(['key'])
  })

  it('makes the folder, for its user alone', async () => {
    await loadOrCreatePrivateKey(join(folder, 'a', 'b', 'key'))
    expect((await stat(join(folder, 'a', 'b'))).mode & 0o777).toBe(0o700)
  })

  it.each([
    ['with links', realFs],
    ['without links', { ...realFs, link: fails('ENOTSUP') }],
  ])('gives one key to all when many start at once, on a file system %s', async (_, fs: FileSystem) => {
    // All of them find no file before the first one makes it.
    const others: (() => void)[] = []
    const together: FileSystem = {
      ...fs,
      mkdir: (async (...args: Parameters<FileSystem['mkdir']>) => {
        await new Promise<void>((resolve) => {
          others.push(resolve)
          if (others.length === 20) for (const start of others) start()
        })
        return await fs.mkdir(...args)
      }) as FileSystem['mkdir'],
    }
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadKeyFile(path, {}, together)))
    expect(new Set(keys.map(toHex)).size).toBe(1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['key'])
  })

  it.each([
    ['nothing', ''],
    ['half a key', 'ab'.repeat(16)],
    ['no hex', 'zz'.repeat(32)],
    ['zero, which is no private key', '00'.repeat(32)],
    ['two keys', `${'ab'.repeat(32)}\n${'ab'.repeat(32)}`],
    ['a key and much else', `${'ab'.repeat(32)}${' '.repeat(1000)}`],
  ])('names a file that holds %s, and leaves it as it is', async (_, text) => {
    await writeFile(path, text)
    await expect(loadOrCreatePrivateKey(path)).rejects.toThrow(
      `the key file ${path} holds no private key (64 hex digits); restore it, or move it away to get a new key`,
    )
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it.each(['open', 'link'] as const)('leaves nothing behind when %s fails, and says why', async (broken) => {
    const fs: FileSystem = { ...realFs, [broken]: fails('ENOSPC') }
    await expect(loadKeyFile(path, {}, fs)).rejects.toThrow(`cannot write the key file ${path}: ENOSPC`)
    expect(await readdir(folder)).toEqual([])
  })

  it('names a file that cannot be read', async () => {
    await expect(loadOrCreatePrivateKey(folder)).rejects.toThrow(`cannot read the key file ${folder}: EISDIR`)
  })

  it('takes a file that others can read, and says so', async () => {
    const key = await loadOrCreatePrivateKey(path)
    const told: string[] = []
    const warn = (sentence: string): void => void told.push(sentence)
    await chmod(path, 0o640)
    expect(await loadOrCreatePrivateKey(path, { warn })).toEqual(key)
    const sentence = `the key file ${path} can be read by other users of this machine; chmod 600 keeps it private`
    expect(told).toEqual([sentence])
    const warning = new Promise<Error>((resolve) => process.once('warning', resolve))
    await loadOrCreatePrivateKey(path)
    expect(await warning).toMatchObject({ name: 'PeerwireWarning', message: sentence })
    await chmod(path, 0o600)
    await loadOrCreatePrivateKey(path, { warn })
    expect(told).toHaveLength(1)
  })

  it('names what cannot be used', async () => {
    await expect(loadOrCreatePrivateKey('')).rejects.toThrow(/needs a name for the key/)
    const wrong = { per: 'user' } as unknown as PrivateKeyOptions
    await expect(loadOrCreatePrivateKey(path, wrong)).rejects.toThrow(/per must be 'tab' or 'profile', not user/)
    expect(await readdir(folder)).toEqual([])
  })
})
