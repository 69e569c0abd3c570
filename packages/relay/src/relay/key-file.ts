// The relay's private key on disk: made once, whole or not at all, readable for its user alone.
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { fromHex, generatePrivateKey, portableCrypto, toHex } from '@peerwire/core'
import { reasonOf } from './data-dir.ts'

const FILE = 'key'
const PRIVATE_FILE = 0o600
const OTHERS = 0o077

export interface StoredKey {
  readonly privateKey: Uint8Array
  readonly path: string
  /** Users other than its owner may read the file. */
  readonly exposed: boolean
}

/**
 * The key in `directory`, made when there is none.
 *
 * @throws {Error} one sentence naming the file, when it is there and holds no key: it is never overwritten
 */
export async function loadKey(directory: string): Promise<StoredKey> {
  return await loadKeyFile(join(directory, FILE))
}

/** The key in a file, made when there is none. @throws {Error} as `loadKey` */
export async function loadKeyFile(file: string): Promise<StoredKey> {
  const path = resolve(file)
  const text = (await readKey(path)) ?? (await makeKey(path))
  const privateKey = parseKey(text)
  if (!privateKey) {
    throw new Error(
      `the key file ${path} holds no private key (64 hex digits); restore it, or move it away to get a new key`,
    )
  }
  const exposed = process.platform !== 'win32' && ((await stat(path)).mode & OTHERS) !== 0
  return { privateKey, path, exposed }
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read the key file ${path}: ${reasonOf(cause)}`, { cause })
  }
}

// Written beside its place and linked into it: a crash leaves no half key, and of two relays that start at once
// the second takes the first one's key.
async function makeKey(path: string): Promise<string> {
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`)
  try {
    const file = await open(draft, 'wx', PRIVATE_FILE)
    try {
      await file.writeFile(`${toHex(generatePrivateKey())}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await place(draft, path)
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new Error(`cannot write the key file ${path}: ${reasonOf(cause)}`, { cause })
  } finally {
    await rm(draft, { force: true })
  }
}

async function place(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    // Some file systems have no links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await rename(draft, path)
  }
}

function parseKey(text: string): Uint8Array | undefined {
  const digits = text.trim()
  if (!/^[0-9a-f]{64}$/i.test(digits)) return undefined
  const key = fromHex(digits)
  return portableCrypto.isPrivateKey(key) ? key : undefined
}
