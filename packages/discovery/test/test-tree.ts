// Trees and resolvers for the tests of this folder.
import { defaultCrypto, generatePrivateKey, seededRandom } from '@peerwire/core'
import { signRecord } from '../src/records/record.ts'
import type { NodeRecord } from '../src/records/record.ts'
import { makeTree } from '../src/dns/make-tree.ts'
import type { SignedTree } from '../src/dns/make-tree.ts'
import type { Resolver } from '../src/dns/resolver.ts'

export const crypto: typeof defaultCrypto = defaultCrypto
const random = seededRandom(7)
export const treeKey: Uint8Array = generatePrivateKey(random)

export function makeRecords(count: number): readonly NodeRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const values = { ip: Uint8Array.of(20, 0, 113, i & 0xff), tcp: 30_303, n: i }
    return signRecord({ seq: 1n, values }, generatePrivateKey(random), crypto)
  })
}

export function testTree(
  records: readonly NodeRecord[],
  { domain = 'nodes.example', seq = 1, links = [] as readonly string[], key = treeKey } = {},
): SignedTree {
  return makeTree({ domain, seq, records, links }, key, crypto)
}

/** A resolver that has these texts, and counts what it is asked. */
export function textsOf(...trees: readonly Pick<SignedTree, 'texts'>[]): Resolver & {
  readonly all: Map<string, string>
  readonly asked: string[]
} {
  const all = new Map(trees.flatMap(({ texts }) => [...texts]))
  const asked: string[] = []
  return {
    all,
    asked,
    texts: async (name) => {
      asked.push(name)
      const text = all.get(name)
      return text === undefined ? [] : [text]
    },
  }
}
