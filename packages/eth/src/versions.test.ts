// eth/69 to eth/72 between nodes: the highest that both have is spoken, and each says what belongs to it.
import { encodeRlp } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import { CHAIN, transactionOf, worldForEach } from '../test/world.ts'
import type { EthNode, World } from '../test/world.ts'
import type { EthOptions } from './api.ts'
import { eth } from './eth.ts'
import { ETH_VERSIONS } from './protocol.ts'
import type { EthVersion } from './protocol.ts'

let world: World
worldForEach((made) => (world = made))

const hashes = [1, 2, 3].map((first) => new Uint8Array(32).fill(first))
const mask = new Uint8Array(16).fill(0xff)

/** What it has of each block is its hash's first byte. */
const serve: EthOptions['serve'] = {
  receipts: (asked) => asked.map((hash) => encodeRlp([hash.subarray(0, 1), hash.subarray(0, 2)])),
  accessLists: (asked) => asked.map((hash) => (hash[0] === 2 ? undefined : encodeRlp([hash.subarray(0, 1)]))),
  cells: ({ hashes: asked }) => ({ hashes: asked.slice(0, 1), cells: [[new Uint8Array(2048).fill(9)]] }),
}

async function pairOf(mine: Partial<EthOptions>, theirs: Partial<EthOptions>): Promise<[EthNode, EthNode]> {
  const [a, b] = [await world.make('a', mine), await world.make('b', theirs)]
  await world.connect(a, b)
  await world.pass()
  return [a, b]
}

const pairs = ETH_VERSIONS.flatMap((mine) => ETH_VERSIONS.map((theirs): [EthVersion, EthVersion] => [mine, theirs]))

describe.each(pairs)('a node of eth/69 to eth/%i and one to eth/%i', (mine, theirs) => {
  it('speak the lower of both, with transactions, receipts, access lists and cells as that has them', async () => {
    const upTo = (highest: EthVersion): EthVersion[] => ETH_VERSIONS.filter((version) => version <= highest)
    const [a, b] = await pairOf({ versions: upTo(mine) }, { versions: upTo(theirs), serve })
    const peer = a.node.peers[0]!
    const version = Math.min(mine, theirs)
    expect(peer.shared).toEqual([{ name: 'eth', version }])
    expect([a.eth.statusOf(peer), b.eth.statusOf(b.node.peers[0]!)]).toMatchObject([{ version }, { version }])
    const { bytes, hash } = transactionOf(1, 8000)
    b.eth.broadcastTransaction(bytes)
    await world.pass(1000)
    expect(a.arrivals).toEqual([`${hash} ${b.node.id}`])
    const receipts = hashes.map((block) => encodeRlp([block.subarray(0, 1), block.subarray(0, 2)]))
    expect(await world.clock.run(a.eth.getReceipts(peer, hashes))).toEqual(receipts)
    const lists = world.clock.run(a.eth.getBlockAccessLists(peer, hashes))
    if (version < 71) await expect(lists).rejects.toMatchObject({ code: 'not served' })
    else expect(await lists).toEqual([encodeRlp([Uint8Array.of(1)]), undefined, encodeRlp([Uint8Array.of(3)])])
    const cells = world.clock.run(a.eth.getCells(peer, { hashes, mask }))
    if (version < 72) await expect(cells).rejects.toMatchObject({ code: 'not served' })
    else expect(await cells).toMatchObject({ hashes: [hashes[0]], cells: [[{ length: 2048 }]], mask })
    expect([a.removals, b.removals]).toEqual([[], []])
  })
})

describe('the versions of a node', () => {
  it('that serves nothing answer so, each thing as its version has it', async () => {
    const [a] = await pairOf({}, {})
    const peer = a.node.peers[0]!
    expect(await world.clock.run(a.eth.getReceipts(peer, hashes))).toEqual([])
    expect(await world.clock.run(a.eth.getBlockAccessLists(peer, hashes))).toEqual([undefined, undefined, undefined])
    expect(await world.clock.run(a.eth.getCells(peer, { hashes, mask }))).toEqual({ hashes: [], cells: [], mask })
    expect(a.removals).toEqual([])
  })

  it('are those that were asked for, and none in common means no eth', async () => {
    const a = await world.make('a', { versions: [70, 69, 70] })
    const b = await world.make('b', { versions: [71, 72] })
    expect(a.eth.protocols.map(({ protocol: { version } }) => version)).toEqual([69, 70])
    await expect(world.connect(a, b)).rejects.toMatchObject({ reason: 3 })
  })

  it('give receipts of 12 MiB in parts from eth/70 on', async () => {
    const big = encodeRlp(Array.from({ length: 12 }, () => new Uint8Array(1024 * 1024).fill(5)))
    const [a] = await pairOf({}, { serve: { receipts: () => [big] } })
    const asking = a.eth.getReceipts(a.node.peers[0]!, [hashes[0]!])
    // What large messages need is loaded on use.
    await world.pass()
    const [answer] = await world.clock.run(asking)
    expect(answer!.length).toBe(big.length)
    expect(answer!.every((byte, index) => byte === big[index])).toBe(true)
  })

  it.each([[[]], [[68]], [['72']], [72], [[69, 73]]])('are no %j', (versions) => {
    expect(() => eth({ network: CHAIN, versions: versions as unknown as EthVersion[] })).toThrow(
      /^versions of eth are some of 69, 70, 71, 72, not /,
    )
  })
})
