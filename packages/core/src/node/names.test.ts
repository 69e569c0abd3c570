// How nodes are called in sentences and events: address and direction, in the one form that peers have.
import { describe, expect, it } from 'vitest'
import { shortKey } from '../base/bytes.ts'
import { parseAddress } from '../wire/address.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { SetUpFailure } from './events.ts'

/** Nobody listens there. */
const ELSEWHERE = `tcp://${'ab'.repeat(64)}@1.2.3.4:30303`

describe('a node in a sentence', () => {
  it('is called as its peer is while it is connected, and by where it would be dialed before', async () => {
    const world = await testNetwork(2, [])
    const peer = await world.connect(0, 1)
    const [dialer, listener] = world.nodes
    const seen = listener!.peers[0]!
    expect(dialer!.addTrusted(peer.publicKey).sentence).toBe(
      `${String(peer)} is connected and stays; it is not dialed by this`,
    )
    expect(listener!.explain(seen.publicKey).sentence).toMatch(`${String(seen)} is connected`)
    expect([String(peer), String(seen)]).toEqual([
      expect.stringMatching(/^memory:\/\/\w{7}\.\.\.@node1:\d+ \(outbound\)$/),
      expect.stringMatching(/^memory:\/\/\w{7}\.\.\.@node0:\d+ \(inbound\)$/),
    ])
    const { publicKey } = parseAddress(ELSEWHERE)
    expect(dialer!.explain(publicKey).sentence).toMatch(`${shortKey(publicKey)} is `)
    expect(dialer!.addPersistent(ELSEWHERE).sentence).toMatch('enode://abababa...@1.2.3.4:30303 is persistent')
    expect(dialer!.addTrusted(publicKey).sentence).toMatch('enode://abababa...@1.2.3.4:30303 is admitted')
    await world.close()
  })
})

describe('a set-up that failed', () => {
  it('is called as its peer would have been, and says whether the user asked for it', async () => {
    const full = (index: number) => (index === 0 ? { maxPeers: 1, maxInbound: 1 } : {})
    const world = await testNetwork(3, [], { options: full })
    const failures: SetUpFailure[] = []
    for (const node of world.nodes) node.on('setup:failed', (failure) => failures.push(failure))
    await world.connect(1, 0)
    const [target, , late] = world.nodes
    late!.addPersistent(target!.addresses[0]!)
    await world.advance(100)
    expect(failures.map(({ peer, persistent, direction }) => [peer, persistent, direction])).toEqual(
      expect.arrayContaining([
        [expect.stringMatching(/^memory:\/\/\w{7}\.\.\.@node0:\d+ \(outbound\)$/), true, 'outbound'],
        [expect.stringMatching(/^memory:\/\/\w{7}\.\.\.@node2:\d+ \(inbound\)$/), false, 'inbound'],
      ]),
    )
    await world.close()
  })
})
