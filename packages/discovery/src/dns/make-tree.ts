// Makes a signed DNS node list: the TXT records to publish, by name.
import type { Crypto } from '@peerwire/core'
import { compressKey, formatRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { formatTreeUrl, labelOf, parseTreeUrl, writeBranch, writeRoot } from './tree-text.ts'

/** Children of a branch, as go-ethereum writes them: what fits a TXT record that every server takes. */
const CHILDREN = 13
/** Records and links of one tree. */
export const MAX_TREE_ENTRIES = 20_000

export interface TreeContent {
  readonly domain: string
  /** Grows with each change of the tree. */
  readonly seq: number
  readonly records: readonly NodeRecord[]
  /** URLs of other trees. */
  readonly links?: readonly string[] | undefined
}

export interface SignedTree {
  /** `enrtree://KEY@domain`, what users are given. */
  readonly url: string
  /** TXT records by their whole name. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * @throws {TypeError} for a link that is no tree, or a domain that can't be one
 * @throws {RangeError} for a sequence below 0 or too many entries
 * @see EIP-1459
 */
export function makeTree(content: TreeContent, privateKey: Uint8Array, crypto: Crypto): SignedTree {
  const { domain, seq, records, links = [] } = content
  const url = formatTreeUrl({ key: compressKey(crypto.publicKeyOf(privateKey)), domain })
  parseTreeUrl(url)
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= 1e15) throw new RangeError(`a sequence can't be ${seq}`)
  if (records.length + links.length > MAX_TREE_ENTRIES) {
    throw new RangeError(`a tree has at most ${MAX_TREE_ENTRIES} entries, not ${records.length + links.length}`)
  }
  for (const link of links) parseTreeUrl(link)
  const texts = new Map<string, string>()
  const put = (text: string): string => {
    const label = labelOf(text, crypto)
    texts.set(`${label}.${domain}`, text)
    return label
  }
  // By their text, so that the same records give the same tree.
  const recordRoot = join(records.map(formatRecord).toSorted().map(put), put)
  const linkRoot = join([...links].toSorted().map(put), put)
  texts.set(domain, writeRoot({ records: recordRoot, links: linkRoot, seq }, privateKey, crypto))
  return { url, texts }
}

/** Branches over branches, until there is one. */
function join(labels: readonly string[], put: (text: string) => string): string {
  let level = labels
  do {
    const above: string[] = []
    for (let i = 0; i < level.length; i += CHILDREN) above.push(put(writeBranch(level.slice(i, i + CHILDREN))))
    level = above.length > 0 ? above : [put(writeBranch([]))]
  } while (level.length > 1)
  return level[0]!
}
