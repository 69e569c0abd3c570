// What is remembered of nodes that did not answer, and for how long.
import { defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { expect, it } from 'vitest'
import { type KnownNode, knownNode } from './discv4/known-node.ts'
import { MAX_SILENT, SilentNodes } from './silent-nodes.ts'

const publicKey = defaultCrypto.publicKeyOf(generatePrivateKey())
const node = knownNode({ publicKey, host: '20.1.1.1', udp: 30303, tcp: 1 }, defaultCrypto)

it('holds for half a minute, and for that place alone', () => {
  const silent = new SilentNodes()
  silent.add(node, 0)
  expect(silent.has(node, 29_999)).toBe(true)
  expect(silent.has(node, 30_000)).toBe(false)
  expect(silent.has({ ...node, udp: 30304 }, 0)).toBe(false)
  expect(silent.has({ ...node, host: '20.1.1.2' }, 0)).toBe(false)
})

it('forgets the oldest past its bound', () => {
  const silent = new SilentNodes()
  const numbered = (i: number): KnownNode => ({ ...node, key: String(i) })
  for (let i = 0; i <= MAX_SILENT; i++) silent.add(numbered(i), 0)
  expect(silent.size).toBe(MAX_SILENT)
  expect([silent.has(numbered(0), 0), silent.has(numbered(1), 0)]).toEqual([false, true])
})
