import { defineProtocol, DiscReason, encodeRlp, fromHex, message, text } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import { CHAIN, meet, rawEth, statusBytes, worldForEach } from '../test/world.ts'
import type { EthNode, World } from '../test/world.ts'
import { eth } from './eth.ts'

const OTHER = { ...CHAIN, networkId: 1n, genesisHash: new Uint8Array(32).fill(0xd4) }

let world: World
worldForEach((made) => (world = made))

function isReady(from: EthNode, to: EthNode): boolean {
  const peer = from.node.peers.find(({ id }) => id === to.node.id)
  return peer !== undefined && from.eth.statusOf(peer) !== undefined
}

describe('two nodes on one chain', () => {
  it('say their Status and are ready for each other', async () => {
    const [a, b] = [await world.make('a'), await world.make('b')]
    const ready: string[] = []
    b.eth.on('peer:ready', ({ id }, { networkId }) => ready.push(`${id} ${networkId}`))
    const peer = await world.connect(a, b)
    await world.pass()
    expect([isReady(a, b), isReady(b, a)]).toEqual([true, true])
    expect(ready).toEqual([`${a.node.id} 7357001`])
    expect(a.eth.statusOf(peer)).toMatchObject({
      earliest: 0n,
      latest: 0n,
      latestHash: fromHex(CHAIN.genesisHash as string),
    })
    await world.pass(60_000)
    expect(a.removals).toEqual([])
  })

  it('are judged by the forks of their chain where these are known', async () => {
    const forks = { blocks: [10n], times: [4_102_444_800n] }
    const head = (): { number: bigint; time: bigint } => ({ number: 9n, time: 0n })
    const { forkId: _, ...chain } = CHAIN
    const behind = await world.make('behind', { network: { ...chain, forks }, head })
    const ahead = await world.make('ahead', { network: { ...chain, forks } })
    const other = await world.make('other', { network: { ...chain, forks: { blocks: [11n], times: [] } } })
    await world.connect(behind, ahead)
    await world.connect(other, ahead)
    await world.pass()
    expect([isReady(behind, ahead), isReady(ahead, behind), isReady(other, ahead)]).toEqual([true, true, false])
    expect(other.removals[0]!.error.code).toMatch(/remote status|remote disconnect/)
  })

  it('tell each other when their blocks change, and newcomers too', async () => {
    const [a, b, c] = [await world.make('a'), await world.make('b'), await world.make('c')]
    const changed: bigint[] = []
    b.eth.on('range:changed', (_, { latest }) => changed.push(latest))
    await world.connect(a, b)
    await world.pass()
    a.eth.setRange({ earliest: 1n, latest: 77n, latestHash: new Uint8Array(32).fill(7) })
    await world.connect(c, a)
    await world.pass()
    expect(changed).toEqual([77n])
    expect([b, c].map(({ eth: other, node }) => other.statusOf(node.peers[0]!)?.latest)).toEqual([77n, 77n])
    expect(b.eth.inspect().peers).toMatchObject([{ earliest: '1', latest: '77', latestHash: '07'.repeat(32) }])
    expect(() => a.eth.setRange({ earliest: 2n, latest: 1n, latestHash: new Uint8Array(32) })).toThrow(TypeError)
  })
})

describe('a node that learns its chain', () => {
  it('takes it from the first peer it dials, waits for its Status and gives it back', async () => {
    const [auto, known] = [await world.make('auto', { network: 'auto' }), await world.make('known')]
    const learned: string[] = []
    auto.eth.on('network:learned', ({ networkId, origin }) => learned.push(`${networkId} ${origin}`))
    expect(auto.eth.network).toBe(undefined)
    const peer = await world.connect(auto, known)
    await world.pass()
    expect([isReady(auto, known), isReady(known, auto)]).toEqual([true, true])
    expect(learned).toEqual([`7357001 learned from ${peer.toString()}`])
    expect(auto.eth.network).toMatchObject({ networkId: 7_357_001n, chainId: 7_357_001n })
    const seen = known.eth.statusOf(known.node.peers[0]!)!
    expect(seen).toMatchObject({ networkId: 7_357_001n, forkId: CHAIN.forkId, earliest: 0n, latest: 0n })
  })

  it('has no use for eth peers that dial it before, and takes them after', async () => {
    const [auto, known, early] = [
      await world.make('auto', { network: 'auto' }),
      await world.make('known'),
      await world.make('early'),
    ]
    await world.connect(early, auto)
    await world.pass()
    expect(auto.removals[0]!.error).toMatchObject({
      code: 'need a local status message',
      reason: DiscReason.uselessPeer,
      message: 'no eth network is known here yet',
    })
    expect(early.removals[0]!.error).toMatchObject({ code: 'remote disconnect reason', reason: DiscReason.uselessPeer })
    await world.connect(auto, known)
    await world.pass()
    await world.connect(early, auto)
    await world.pass()
    expect([isReady(early, auto), isReady(auto, early)]).toEqual([true, true])
  })

  it('keeps peers that share something else until the chain is known, and speaks eth with them then', async () => {
    const also = {
      protocols: [defineProtocol({ name: 'also', version: 1, messages: { hi: message(0, text) } }).with({})],
    }
    const [one, two, three, known] = [
      await world.make('one', { network: 'auto' }, also),
      await world.make('two', { network: 'auto' }, also),
      await world.make('three', {}, also),
      await world.make('known'),
    ]
    await world.connect(one, two)
    await world.connect(three, two)
    await world.pass(60_000)
    expect([one, two, three].map(({ node }) => node.peers.length)).toEqual([1, 2, 1])
    expect(two.eth.network).toBe(undefined)
    await world.connect(two, known)
    await world.pass()
    expect([one, two].map(({ eth: { network } }) => network?.networkId)).toEqual([7_357_001n, 7_357_001n])
    for (const other of [one, three, known]) expect([isReady(two, other), isReady(other, two)]).toEqual([true, true])
  })

  it('lets those go that turn out to be of another chain', async () => {
    const also = {
      protocols: [defineProtocol({ name: 'also', version: 1, messages: { hi: message(0, text) } }).with({})],
    }
    const auto = await world.make('auto', { network: 'auto' }, also)
    const other = await world.make('other', { network: OTHER }, also)
    await world.connect(other, auto)
    await world.pass()
    expect(auto.node.peers.length).toBe(1)
    await world.connect(auto, await world.make('known'))
    await world.pass(2000)
    expect(auto.removals.map(({ error }) => error.code)).toEqual(['incompatible remote status'])
    expect(auto.node.peers.length).toBe(1)
  })

  it('refuses a second chain and names both', async () => {
    const [auto, known, other] = [
      await world.make('auto', { network: 'auto' }),
      await world.make('known'),
      await world.make('other', { network: OTHER }),
    ]
    await world.connect(auto, known)
    await world.pass()
    await world.connect(auto, other)
    await world.pass()
    const [removal] = [...auto.removals]
    const told = [auto, other].flatMap(({ removals }) => removals.map(({ error }) => error))
    expect(told.map(({ reason }) => reason)).toContain(DiscReason.subprotocolError)
    expect(removal!.peer.id).toBe(other.node.id)
    const text = told.find(({ code }) => code === 'incompatible remote status')!.message
    expect(text).toContain('network 1, genesis d4d4d4d4…')
    expect(text).toContain('network 7357001, genesis 17df6b8c…')
    expect(isReady(auto, known)).toBe(true)
  })

  it('says in the refusal from whom it learned', async () => {
    const [auto, known] = [await world.make('auto', { network: 'auto' }), await world.make('known')]
    const peer = await world.connect(auto, known)
    await world.pass()
    await meet(world, auto, 'other', statusBytes({ networkId: 1n }))
    expect(auto.removals[0]!.error.message).toBe(
      `network 1, genesis 17df6b8c… where ours is network 7357001, genesis 17df6b8c… (learned from ${peer.toString()})`,
    )
  })

  it('can be told a chain id that differs from the network id', async () => {
    const [auto, known] = [await world.make('auto', { network: 'auto', chainId: 61n }), await world.make('known')]
    await world.connect(auto, known)
    await world.pass()
    expect(auto.eth.network).toMatchObject({ networkId: 7_357_001n, chainId: 61n })
  })

  it('has nothing to say to another one that learns', async () => {
    const [a, b] = [await world.make('a', { network: 'auto' }), await world.make('b', { network: 'auto' })]
    await world.connect(a, b)
    await world.pass()
    expect(a.removals[0]!.error).toMatchObject({ code: 'remote disconnect reason', reason: DiscReason.uselessPeer })
  })
})

describe('a Status that does not fit', () => {
  it.each([
    ['another network', statusBytes({ networkId: 1n }), /^network 1, genesis 17df6b8c… where ours is network 7357001/],
    ['another genesis', statusBytes({ genesisHash: new Uint8Array(32) }), /^network 7357001, genesis 00000000… where/],
    ['another version', statusBytes({ version: 70 }), /^version 70 in the Status of eth\/69$/],
    ['another fork', statusBytes({ forkId: { hash: new Uint8Array(4), next: 0n } }), /^fork id 00000000 is not of our/],
    ['an impossible range', statusBytes({ earliest: 9n }), /^earliest block 9 is past the latest, 8$/],
    ['no latest block', statusBytes({ latestHash: new Uint8Array(32) }), /^the hash of the latest block 8 is zero$/],
  ])('ends the peer: %s', async (_, status, text) => {
    const node = await world.make('node')
    const stranger = await meet(world, node, 'stranger', status)
    expect(node.removals[0]!.error).toMatchObject({ code: 'incompatible remote status', reason: 0x10 })
    expect(node.removals[0]!.error.message).toMatch(text)
    expect(stranger.removals[0]!.error).toMatchObject({ code: 'remote disconnect reason', reason: 0x10 })
  })

  it.each([
    ["is eth/68's", encodeRlp([68, 1, 17, new Uint8Array(32), new Uint8Array(32), [new Uint8Array(4), 0]])],
    ['is empty', new Uint8Array(0)],
    ['is cut', statusBytes().subarray(0, 40)],
  ])('ends the peer as unreadable: it %s', async (_, status) => {
    const node = await world.make('node')
    await meet(world, node, 'stranger', status)
    expect(node.removals[0]!.error).toMatchObject({ code: 'failed to decode the remote status', reason: 2 })
  })

  it('ends a peer that says something else first', async () => {
    const node = await world.make('node')
    const stranger = await meet(world, node, 'stranger', 'silent')
    void stranger.peer.send(rawEth, 'getReceipts', encodeRlp([1, []]))
    await world.pass()
    expect(node.removals[0]!.error).toMatchObject({ code: 'failed to receive the remote status', reason: 0x10 })
  })

  it('ends a peer that says it twice', async () => {
    const node = await world.make('node')
    const stranger = await meet(world, node)
    void stranger.peer.send(rawEth, 'status', statusBytes())
    await world.pass()
    expect(node.removals[0]!.error).toMatchObject({ code: 'unexpected remote status', reason: 0x10 })
  })

  it('ends a peer that says nothing, after five seconds', async () => {
    const node = await world.make('node')
    await meet(world, node, 'stranger', 'silent')
    await world.pass(4900)
    expect(node.removals).toEqual([])
    await world.pass(200)
    expect(node.removals[0]!.error).toMatchObject({
      code: 'handshake timeout',
      reason: DiscReason.readTimeout,
      message: 'no Status within 5000 ms',
    })
  })

  it.each([
    ['ends before it begins', { earliest: 9n, latest: 8n, latestHash: new Uint8Array(32).fill(1) }],
    ['has no hash', { earliest: 1n, latest: 8n, latestHash: new Uint8Array(32) }],
  ])('is a BlockRangeUpdate too, when its range %s', async (_, { earliest, latest, latestHash }) => {
    const node = await world.make('node')
    const stranger = await meet(world, node)
    void stranger.peer.send(rawEth, 'range', encodeRlp([earliest, latest, latestHash]))
    await world.pass()
    expect(node.removals[0]!.error).toMatchObject({ code: 'invalid message', reason: 0x10 })
  })
})

describe('misuse', () => {
  it.each([
    [{ ...CHAIN, genesisHash: '00' }, 'genesisHash must have 32 bytes, not 1'],
    [{ networkId: 1, genesisHash: new Uint8Array(32) }, 'network needs forks or a forkId'],
    [{ ...CHAIN, forkId: { hash: new Uint8Array(3), next: 0n } }, 'the hash of forkId must have 4 bytes'],
  ])('of the network option is told', (network, text) => {
    expect(() => eth({ network })).toThrow(new TypeError(text))
  })

  it("of an eth that isn't started is told", () => {
    expect(() => eth({ network: CHAIN }).broadcastTransaction(new Uint8Array(1))).toThrow(/give it to createNode/)
  })
})
