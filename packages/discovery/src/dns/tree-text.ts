// The texts of a DNS node list (EIP-1459): root, branch, link and record, read strictly and written.
import { concatBytes, DiscReason, equalBytes, fromBase32, toBase32 } from '@peerwire/core'
import type { Crypto, PeerError } from '@peerwire/core'
import { fromBase64Url, toBase64Url } from '../records/base64url.ts'
import { compressKey, isLowS } from '../records/record.ts'
import { searchError } from '../search-error.ts'

/** Characters of a text; a record of 300 bytes has 404. */
export const MAX_TEXT = 1024
/** Children of a branch; go-ethereum writes 13, which fill 370 characters. */
export const MAX_CHILDREN = 32
/** Bytes of a hash that are written, and the fewest and most that are read. */
const HASH_BYTES = 16
const [LEAST_HASH, MOST_HASH] = [12, 32]

/** Where a tree is, and the key that signs it. */
export interface TreeUrl {
  /** 33 bytes. */
  readonly key: Uint8Array
  readonly domain: string
}

export interface TreeRoot {
  /** Hash of the root of records, as text. */
  readonly records: string
  /** Hash of the root of links to other trees. */
  readonly links: string
  readonly seq: number
}

export type TreeEntry =
  | { readonly kind: 'branch'; readonly children: readonly string[] }
  | { readonly kind: 'link'; readonly url: string }
  | { readonly kind: 'record'; readonly text: string }

/** Reads `enrtree://KEY@domain`. @throws {TypeError} */
export function parseTreeUrl(text: string): TreeUrl {
  const match = /^enrtree:\/\/([a-z2-7]{53})@([a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*)\.?$/i.exec(text)
  if (!match || match[2]!.length > 200) throw new TypeError('a tree is written as enrtree://KEY@domain')
  const key = fromBase32(match[1]!.toLowerCase())
  if (!key || key.length !== 33 || (key[0] !== 2 && key[0] !== 3)) throw new TypeError('the key of a tree has 33 bytes')
  return { key, domain: match[2]!.toLowerCase() }
}

export function formatTreeUrl({ key, domain }: TreeUrl): string {
  return `enrtree://${toBase32(key).toUpperCase()}@${domain}`
}

/** The label under which a text is found: its hash. */
export function labelOf(text: string, crypto: Crypto): string {
  return toBase32(hashOf(text, crypto).subarray(0, HASH_BYTES)).toUpperCase()
}

/** Reads the root and checks that `key` signed it. @throws {PeerError} `invalid item` */
export function readRoot(text: string, key: Uint8Array, crypto: Crypto): TreeRoot {
  const match = /^enrtree-root:v1 e=([a-z2-7]+) l=([a-z2-7]+) seq=(\d{1,15}) sig=([\w-]{87})$/i.exec(text)
  if (!match) throw badTree('a root that can not be read')
  const [, records, links, seq, signature] = match
  checkLabel(records!)
  checkLabel(links!)
  const content = text.slice(0, text.indexOf(' sig='))
  if (!isSignedBy(content, readBase64(signature!), key, crypto)) throw badTree("the signature is not of the tree's key")
  return { records: records!, links: links!, seq: Number(seq) }
}

/** Writes and signs the root. */
export function writeRoot({ records, links, seq }: TreeRoot, privateKey: Uint8Array, crypto: Crypto): string {
  const content = `enrtree-root:v1 e=${records} l=${links} seq=${seq}`
  return `${content} sig=${toBase64Url(crypto.sign(hashOf(content, crypto), privateKey))}`
}

/** Reads what was found under `label`. @throws {PeerError} `invalid item` when it is another text, or no such entry */
export function readEntry(text: string, label: string, crypto: Crypto): TreeEntry {
  const expected = checkLabel(label)
  if (!equalBytes(hashOf(text, crypto).subarray(0, expected.length), expected)) {
    throw badTree(`the text does not have the hash ${label}`)
  }
  if (text.startsWith('enrtree-branch:')) return { kind: 'branch', children: readChildren(text.slice(15)) }
  if (text.startsWith('enrtree://')) return { kind: 'link', url: text }
  if (text.startsWith('enr:')) return { kind: 'record', text }
  throw badTree('a text of unknown kind')
}

export function writeBranch(children: readonly string[]): string {
  return `enrtree-branch:${children.join(',')}`
}

function readChildren(text: string): readonly string[] {
  if (text === '') return []
  const children = text.split(',')
  if (children.length > MAX_CHILDREN) throw badTree(`a branch of ${children.length} children, at most ${MAX_CHILDREN}`)
  for (const child of children) checkLabel(child)
  return children
}

function checkLabel(label: string): Uint8Array {
  const hash = fromBase32(label.toLowerCase())
  if (hash && hash.length >= LEAST_HASH && hash.length <= MOST_HASH) return hash
  throw badTree(`"${label.slice(0, 60)}" is no hash of ${LEAST_HASH} to ${MOST_HASH} bytes`)
}

// The two possible keys of a signature differ in a bit that other writers set in more than one way.
function isSignedBy(content: string, signature: Uint8Array, key: Uint8Array, crypto: Crypto): boolean {
  const body = signature.subarray(0, 64)
  if (!isLowS(body)) return false
  const hash = hashOf(content, crypto)
  return [0, 1].some((recovery) => {
    const publicKey = crypto.recover(hash, concatBytes(body, Uint8Array.of(recovery)))
    return publicKey !== undefined && equalBytes(compressKey(publicKey), key)
  })
}

function readBase64(text: string): Uint8Array {
  try {
    return fromBase64Url(text)
  } catch (cause) {
    throw badTree('a signature that can not be read', cause)
  }
}

function hashOf(text: string, crypto: Crypto): Uint8Array {
  return crypto.keccak256(new TextEncoder().encode(text))
}

/** What is wrong with a tree. */
export function badTree(message: string, cause?: unknown): PeerError {
  return searchError('invalid item', DiscReason.breachOfProtocol, message, cause)
}
