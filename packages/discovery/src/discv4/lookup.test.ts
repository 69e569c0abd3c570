import { describe, expect, it } from 'vitest'
import { MAX_ASKED } from './limits.ts'
import type { KnownNode } from './known-node.ts'
import { Lookup } from './lookup.ts'
import type { LookupOptions, LookupResult } from './lookup.ts'

const TARGET = new Uint8Array(32)

/** A node at this distance, the smaller the nearer. */
function nodeAt(distance: number): KnownNode {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, distance)
  return { publicKey: new Uint8Array(64), id, key: String(distance), host: '9.9.9.9', udp: 30303, tcp: 0, seq: 0n }
}

type Answer = (node: KnownNode) => readonly KnownNode[] | undefined

/** Runs a walk in which answers come one at a time, the oldest question first. */
function walk(start: readonly number[], answer: Answer, options: Partial<LookupOptions> = {}) {
  const waiting: (() => void)[] = []
  const asked: string[] = []
  let most = 0
  let result: LookupResult | undefined
  const lookup = new Lookup({
    target: TARGET,
    ownKey: 'own',
    start: start.map((distance) => nodeAt(distance)),
    ask: (node, done) => {
      asked.push(node.key)
      waiting.push(() => done(answer(node)))
      most = Math.max(most, waiting.length)
    },
    done: (end) => void (result = end),
    ...options,
  })
  lookup.run()
  for (let next = waiting.shift(); next; next = waiting.shift()) next()
  return { asked, most, result, lookup }
}

describe('a walk', () => {
  it('asks the nearest first, three at a time, until nobody knows a nearer one', () => {
    const { asked, most, result } = walk([900, 800], ({ key }) => [nodeAt(Number(key) >> 1), nodeAt(Number(key) + 1)])
    expect(asked.slice(0, 4)).toEqual(['800', '900', '400', '801'])
    expect(most).toBe(3)
    expect(result!.nodes.map(({ key }) => Number(key)).slice(0, 3)).toEqual([0, 1, 2])
    expect(result!.nodes).toHaveLength(16)
    expect(result!.answered).toBe(result!.asked)
  })

  it('counts the questions after each other, and who answered', () => {
    const { result } = walk([8], ({ key }) => (key === '1' ? undefined : [nodeAt(Number(key) >> 1)]))
    expect(result).toMatchObject({ hops: 4, asked: 4, answered: 3 })
  })

  it('ends at once where nobody is to be asked', () => {
    expect(walk([], () => []).result).toEqual({ nodes: [], hops: 0, asked: 0, answered: 0 })
  })

  it('asks nobody twice, nor ourselves', () => {
    const own = { ...nodeAt(1), key: 'own' }
    const { asked } = walk([5, 4, 3], () => [own, nodeAt(5), nodeAt(4), nodeAt(3)])
    expect(asked).toEqual(['3', '4', '5'])
  })

  it('tells of each node once, as it is met', () => {
    const met: string[] = []
    walk([4], ({ key }) => [nodeAt(Number(key) >> 1), nodeAt(4)], {
      found: (nodes) => void met.push(...nodes.map(({ key }) => key)),
    })
    expect(met).toEqual(['4', '2', '1', '0'])
  })

  it('is not held by somebody who makes up nearer nodes without end', () => {
    let nearer = 0x7fff_ffff
    const { asked, result } = walk([nearer], () => Array.from({ length: 16 }, () => nodeAt(--nearer)))
    expect(asked).toHaveLength(MAX_ASKED)
    expect(result?.asked).toBe(MAX_ASKED)
  })

  it('that is cancelled asks nobody any more, and says nothing', () => {
    const waiting: (() => void)[] = []
    let isDone = false
    const lookup = new Lookup({
      target: TARGET,
      ownKey: 'own',
      start: [nodeAt(5)],
      ask: (_, done) => void waiting.push(() => done([nodeAt(1)])),
      done: () => void (isDone = true),
    })
    lookup.run()
    lookup.cancel()
    waiting[0]!()
    expect([waiting.length, isDone]).toEqual([1, false])
  })
})
