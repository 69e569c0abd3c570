// Whether a node is where others say: it has answered there, and its TCP port is its own word.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seed } from '../../../../tests/support/counts.ts'
import { shamCrypto } from '../../test/sham-crypto.ts'
import { createWorld } from '../../test/world.ts'
import type { World, WorldNode } from '../../test/world.ts'
import { knownNode } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { PacketType } from './packets.ts'

/** Where nodes are led that are told of by liars. */
const VICTIM = 22

let world: World
let home: WorldNode
beforeEach(async () => {
  world = createWorld(seed)
  home = await world.add('33.1.1.1')
})
afterEach(() => world.close())

function toldAs({ publicKey }: WorldNode, host: string, udp = 30303): KnownNode {
  return knownNode({ publicKey, host, udp, tcp: VICTIM }, shamCrypto)
}

/** Packets of this type that have gone out of our node since. */
function countSent(type: PacketType): { count: number } {
  const sent = { count: 0 }
  world.network.onSend = (bytes, { host }) => {
    if (host === '33.1.1.1' && bytes[97] === type) sent.count++
  }
  return sent
}

describe('proving a node', () => {
  it.each([
    ['in its ping, which comes with its first answer', 30_303],
    ['that is none', 0],
  ])('gives the TCP port that it names itself %s', async (_, tcp) => {
    const other = await world.add('20.1.1.1', { tcp: () => tcp })
    const proven = await world.until(home.discv4.prove(toldAs(other, '20.1.1.1')))
    expect(proven).toMatchObject({ host: '20.1.1.1', udp: 30303, tcp })
    expect(home.discv4.nodes.map((node) => node.tcp)).toEqual([tcp])
  })

  it('gives the port of its record where it has no reason to ping us', async () => {
    const other = await world.add('20.1.1.1')
    // It knows us, as from before a restart of ours.
    await world.until(other.discv4.ping(knownNode({ ...home, host: '33.1.1.1', udp: 30303, tcp: 0 }, shamCrypto)))
    const { privateKey } = home
    await home.discv4.close()
    const again = await world.add('33.1.1.1', { privateKey })
    expect(await world.until(again.discv4.prove(toldAs(other, '20.1.1.1')))).toMatchObject({ tcp: 30303 })
    expect(again.discv4.nodes.map((node) => node.tcp)).toEqual([30303])
  })

  it('asks nothing once it has answered', async () => {
    const other = await world.add('20.1.1.1')
    await world.until(home.discv4.prove(toldAs(other, '20.1.1.1')))
    const pings = countSent(PacketType.ping)
    const requests = countSent(PacketType.enrRequest)
    expect(await home.discv4.prove(toldAs(other, '20.1.1.1'))).toMatchObject({ tcp: 30303 })
    expect([pings.count, requests.count]).toEqual([0, 0])
  })

  it('fails where nobody answers, where somebody else does, and at another port of its host', async () => {
    const other = await world.add('20.1.1.1')
    await world.add('20.2.2.2')
    await world.until(home.discv4.prove(toldAs(other, '20.1.1.1')))
    for (const [host, udp] of [
      ['20.9.9.9', 30303],
      ['20.2.2.2', 30303],
      ['20.1.1.1', 4000],
    ] as const) {
      await expect(world.until(home.discv4.prove(toldAs(other, host, udp)))).rejects.toMatchObject({
        code: 'request timeout',
      })
    }
  })

  it('goes before what `resolve` gives', async () => {
    const other = await world.add('20.1.1.1')
    const middle = await world.add('20.2.2.2', { bootnodes: [other.url] })
    await world.until(middle.discv4.lookup(middle.publicKey))
    const asker = await world.add('20.3.3.3', { bootnodes: [middle.url] })
    expect(await world.until(asker.discv4.resolve(other.publicKey))).toMatchObject({ host: '20.1.1.1', tcp: 30303 })
  })
})
