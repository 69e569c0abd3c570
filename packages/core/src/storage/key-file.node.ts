// A private key as a file: made once, whole or not at all, readable for its user alone, and never overwritten.
import { randomUUID } from 'node:crypto'
import * as nodeFs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { toHex } from '../base/bytes.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { codeOf, hasNoLinks, syncFolder } from './file-system.node.ts'
import type { FileSystem } from './file-system.node.ts'
import { checkKeyOptions, parseKey } from './private-key.ts'
import type { PrivateKeyOptions } from './private-key.ts'

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const OTHERS = 0o077
/** A key has 64 digits; what is larger is another file. */
const MAX_FILE_BYTES = 1024

/** What `loadOrCreatePrivateKey` does in Node, on a file system that tests may give. */
export async function loadKeyFile(
  where: string,
  options: PrivateKeyOptions,
  fs: FileSystem = nodeFs,
): Promise<Uint8Array> {
  checkKeyOptions(where, options)
  const path = resolve(where)
  const { text, exposed } = (await readKey(path, fs)) ?? (await makeKey(path, fs))
  const key = parseKey(text)
  if (!key) {
    throw new Error(
      `the key file ${path} holds no private key (64 hex digits); restore it, or move it away to get a new key`,
    )
  }
  if (exposed)
    warn(options, `the key file ${path} can be read by other users of this machine; chmod 600 keeps it private`)
  return key
}

function warn({ warn = defaultWarn }: PrivateKeyOptions, sentence: string): void {
  warn(sentence)
}

function defaultWarn(sentence: string): void {
  process.emitWarning(sentence, 'PeerwireWarning')
}

interface KeyText {
  readonly text: string
  /** Users other than its owner may read the file. */
  readonly exposed: boolean
}

async function readKey(path: string, fs: FileSystem): Promise<KeyText | undefined> {
  try {
    const facts = await fs.stat(path)
    const exposed = process.platform !== 'win32' && (facts.mode & OTHERS) !== 0
    const isOther = facts.isFile() && facts.size > MAX_FILE_BYTES
    return { text: isOther ? '' : String(await fs.readFile(path)), exposed }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new Error(`cannot read the key file ${path}: ${messageOf(cause)}`, { cause })
  }
}

// Written beside its place and linked into it: a crash leaves no half key, and of two programs that start at once
// the second takes the first one's key.
async function makeKey(path: string, fs: FileSystem): Promise<KeyText> {
  const folder = dirname(path)
  const draft = join(folder, `.${basename(path)}-${randomUUID()}`)
  try {
    await fs.mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
    try {
      await writeDraft(draft, fs)
      await place(draft, path, fs)
    } finally {
      await fs.rm(draft, { force: true })
    }
    await syncFolder(folder, fs)
  } catch (cause) {
    throw new Error(`cannot write the key file ${path}: ${messageOf(cause)}`, { cause })
  }
  return (await readKey(path, fs)) ?? { text: '', exposed: false }
}

async function writeDraft(draft: string, fs: FileSystem): Promise<void> {
  const file = await fs.open(draft, 'wx', PRIVATE_FILE)
  try {
    await file.writeFile(`${toHex(generatePrivateKey())}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function place(draft: string, path: string, fs: FileSystem): Promise<void> {
  try {
    await fs.link(draft, path).catch(async (error: unknown) => {
      if (!hasNoLinks(error)) throw error
      // Exclusive here, too, though a crash may leave a short file, which the next start names.
      await fs.copyFile(draft, path, nodeFs.constants.COPYFILE_EXCL)
    })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
