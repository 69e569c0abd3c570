// The files of a DNS node list in a folder: what goes in, as go-ethereum's tool has it, and what comes out.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { defaultCrypto, toHex } from '@peerwire/core'
import { type NodeRecord, parseRecord, parseTreeUrl, type SignedTree } from '@peerwire/discovery'
import { reasonOf } from '../relay/data-dir.ts'

export const NODES_FILE = 'nodes.json'
export const INFO_FILE = 'enrtree-info.json'
export const TEXTS_FILE = 'TXT.json'
export const ZONE_FILE = 'tree.zone'

/** Bytes of a string within a TXT record (RFC 1035, section 3.3.14). */
const STRING_BYTES = 255
/** Seconds that others may keep the root, which changes, and entries, which never do. */
const [ROOT_TTL, ENTRY_TTL] = [300, 86_400]

/** Records that are proven before somebody else has a turn, at about a millisecond each. */
const RECORDS_A_TURN = 32

/** What is known of a tree that was signed before. */
export interface TreeInfo {
  readonly domain: string | undefined
  readonly seq: number
  readonly links: readonly string[]
}

/**
 * The records in `nodes.json`: a list of records, or of objects with a `record`, or an object of these by node id. Of
 * two records of a node the one with the greater sequence counts.
 *
 * @throws {Error} one sentence naming the file, and the entry that is wrong; or the signal's reason
 */
export async function readNodes(folder: string, signal: AbortSignal): Promise<readonly NodeRecord[]> {
  const value = await readJson(join(folder, NODES_FILE))
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(isObject(value) ? value : {})
  if (!Array.isArray(value) && !isObject(value)) throw new Error(`${NODES_FILE} holds neither a list nor an object`)
  const records = new Map<string, NodeRecord>()
  for (const [index, [key, entry]] of entries.entries()) {
    // The longest list takes many seconds: who stops us meanwhile is heard.
    if (index % RECORDS_A_TURN === 0) await setImmediate()
    signal.throwIfAborted()
    const record = readRecordOf(entry, String(key))
    const id = toHex(record.id ?? record.bytes)
    const other = records.get(id)
    if (!other || other.seq < record.seq) records.set(id, record)
  }
  return [...records.values()]
}

function readRecordOf(entry: unknown, key: string): NodeRecord {
  const text: unknown = isObject(entry) ? entry['record'] : entry
  if (typeof text !== 'string') throw new Error(`entry ${key} of ${NODES_FILE} has no record (enr:…)`)
  try {
    return parseRecord(text, defaultCrypto)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`entry ${key} of ${NODES_FILE} is no record: ${reason}`, { cause })
  }
}

/** `enrtree-info.json`, if there is one. @throws {Error} one sentence when it can't be read as such */
export async function readInfo(folder: string): Promise<TreeInfo> {
  const value = await readJson(join(folder, INFO_FILE), {})
  if (!isObject(value)) throw new Error(`${INFO_FILE} holds no object`)
  const { url = '', seq = 0, links = [] } = value
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) throw new Error(`${INFO_FILE} has no whole seq`)
  if (!Array.isArray(links)) throw new Error(`${INFO_FILE} has links that are no list`)
  const domain = typeof url === 'string' && url !== '' ? parseTreeUrl(url).domain : undefined
  return { domain, seq, links: links.map(String) }
}

/** Writes what is to be published: all of it or nothing, unless the machine goes down between two names. */
export async function writeTree(
  folder: string,
  { url, texts }: SignedTree,
  { seq, links }: { readonly seq: number; readonly links: readonly string[] },
): Promise<void> {
  const { domain } = parseTreeUrl(url)
  const zone = [...texts].map(([name, text]) => zoneLine(name, text, domain))
  const files: readonly (readonly [name: string, text: string])[] = [
    [TEXTS_FILE, JSON.stringify(Object.fromEntries(texts), null, 2)],
    [ZONE_FILE, zone.join('\n')],
    [INFO_FILE, JSON.stringify({ url, seq, links }, null, 2)],
  ]
  await writeTogether(files.map(([name, text]) => [join(folder, name), `${text}\n`]))
}

function zoneLine(name: string, text: string, domain: string): string {
  const strings: string[] = []
  for (let at = 0; at < text.length; at += STRING_BYTES) strings.push(`"${text.slice(at, at + STRING_BYTES)}"`)
  return `${name}. ${name === domain ? ROOT_TTL : ENTRY_TTL} IN TXT ${strings.join(' ')}`
}

// Drafts first: a disk that is full by the second file leaves the ones from before as they are.
async function writeTogether(files: readonly (readonly [path: string, text: string])[]): Promise<void> {
  const drafts: string[] = []
  let current = ''
  try {
    for (const [path, text] of files) {
      current = path
      drafts.push(`${path}.new`)
      await writeFile(`${path}.new`, text)
    }
    for (const [path] of files) {
      current = path
      await rename(`${path}.new`, path)
    }
  } catch (cause) {
    for (const draft of drafts) await rm(draft, { force: true }).catch(() => undefined)
    throw new Error(`cannot write ${current}: ${reasonOf(cause)}`, { cause })
  }
}

async function readJson(path: string, missing?: unknown): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (missing !== undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return missing
    throw new Error(`cannot read ${path}: ${reasonOf(cause)}`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} holds no JSON`, { cause })
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
