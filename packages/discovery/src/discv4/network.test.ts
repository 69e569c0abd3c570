// Whole networks, simulated: the cryptography is a stand-in (test/sham-crypto.ts), everything else is real.
import { beforeAll, describe, expect, it } from 'vitest'
import { rounds, seed } from '../../../../tests/support/counts.ts'
import { shamCrypto } from '../../test/sham-crypto.ts'
import { createWorld, hostOf } from '../../test/world.ts'
import type { World, WorldNode } from '../../test/world.ts'
import { drainMicrotasks } from '@peerwire/core/testing'
import { Nearest } from './nearest.ts'

const NODES = rounds(60, 1_000)
const LOOKUPS = rounds(40, 500)
/** Real milliseconds: a network of 1,000 takes minutes. */
const SLOW_MS = 1_200_000
/** Virtual milliseconds between two nodes that join. */
const JOIN_MS = 50

describe('a network', { timeout: SLOW_MS }, () => {
  let world: World
  beforeAll(async () => {
    world = await joinedWorld()
  }, SLOW_MS)

  it('finds the 16 nearest to anything in at most 6 hops, nearly always', async () => {
    const { exact, hops } = await walk(world, LOOKUPS)
    expect(hops).toBeLessThanOrEqual(6)
    expect(exact / LOOKUPS).toBeGreaterThanOrEqual(0.95)
  })

  it('finds them under 20 % loss, mostly', async () => {
    world.network.loss = 0.2
    const { exact, late } = await walk(world, LOOKUPS)
    world.network.loss = 0
    expect(late / LOOKUPS).toBeLessThanOrEqual(0.05)
    expect(exact / LOOKUPS).toBeGreaterThanOrEqual(0.85)
  })
})

async function joinedWorld(): Promise<World> {
  const world = createWorld(seed)
  const first = await world.add(hostOf(0))
  for (let i = 1; i < NODES; i++) {
    await world.add(hostOf(i), { bootnodes: [first.url] })
    world.clock.advance(JOIN_MS)
  }
  for (let i = 0; i < 200; i++) {
    world.clock.advance(100)
    await drainMicrotasks()
  }
  return world
}

async function walk(world: World, count: number): Promise<{ exact: number; hops: number; late: number }> {
  let exact = 0
  let hops = 0
  let late = 0
  const one = async (from: WorldNode): Promise<void> => {
    const target = world.random.bytes(64)
    const result = await from.discv4.lookup(target)
    const nearest = new Nearest<{ readonly id: Uint8Array }>(shamCrypto.keccak256(target), 16)
    for (const { discv4 } of world.nodes) if (discv4 !== from.discv4) nearest.offer(discv4)
    hops = Math.max(hops, result.hops)
    if (result.hops > 6) late++
    if (nearest.nodes.every(({ id }, at) => result.nodes[at]?.id.every((byte, j) => byte === id[j]))) exact++
  }
  await world.until(Promise.all(Array.from({ length: count }, (_, i) => one(world.nodes[(i * 37) % NODES]!))))
  return { exact, hops, late }
}
