import { encodeRlp, fromHex, readList } from '@peerwire/core'
import type { Peer } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { hex, meet, rawEth, worldForEach } from '../test/world.ts'
import type { EthNode, RawName, Stranger, World } from '../test/world.ts'
import { headerNumbers } from './header.ts'
import type { HeadersQuestion } from './messages.ts'
import { joinList } from './raw-rlp.ts'
import type { EthServe } from './serve.ts'

const HEADERS = vectors.headers.map(({ rlp }) => fromHex(rlp))
const MAX_UINT64 = (1n << 64n) - 1n
const FIRST = 126n

/** Serves the four headers of the vectors, as a user would. */
const serve: EthServe = {
  headers: ({ start, ...rest }) => {
    const hash = start instanceof Uint8Array ? hex(start) : undefined
    const at = vectors.headers.findIndex((header) => header.hash === hash)
    const first = start instanceof Uint8Array ? BigInt(vectors.headers[at]?.number ?? 0) : start
    return headerNumbers(first, rest).flatMap((number) => HEADERS[Number(number - FIRST)] ?? [])
  },
  bodies: (hashes) => hashes.map(() => Uint8Array.of(0xc1, 0xc0)),
}

let world: World
worldForEach((made) => (world = made))

async function pair(options: Parameters<World['make']>[1] = {}): Promise<{ a: EthNode; b: EthNode; peer: Peer }> {
  const [a, b] = [await world.make('a'), await world.make('b', options)]
  const peer = await world.connect(a, b)
  await world.pass()
  return { a, b, peer }
}

function answers({ got }: Stranger, name: RawName): Uint8Array[] {
  return got.filter((message) => message.name === name).map(({ payload }) => payload)
}

describe('asking for headers', () => {
  it.each([
    ['by number', { start: 126, limit: 3 }, ['126', '127', '128']],
    ['by hash', { start: fromHex(vectors.headers[1]!.hash), limit: 9 }, ['127', '128', '129']],
    ['towards genesis with gaps', { start: 129n, limit: 2, skip: 1, reverse: true }, ['129', '127']],
    ['that nobody has', { start: 1n, limit: 2 }, []],
  ])('%s', async (_, request, numbers) => {
    const { a, peer } = await pair({ serve })
    const headers = await world.clock.run(a.eth.getBlockHeaders(peer, request))
    expect(headers.map(({ number }) => String(number))).toEqual(numbers)
  })

  it('gives nothing where nothing is served, and bodies and receipts likewise', async () => {
    const { a, peer } = await pair()
    const hashes = [new Uint8Array(32)]
    expect(await world.clock.run(a.eth.getBlockHeaders(peer, { start: 0, limit: 1 }))).toEqual([])
    expect(await world.clock.run(a.eth.getBlockBodies(peer, hashes))).toEqual([])
    expect(await world.clock.run(a.eth.getReceipts(peer, hashes))).toEqual([])
  })

  it('gives bodies as the remote has them', async () => {
    const { a, peer } = await pair({ serve })
    const bodies = await world.clock.run(a.eth.getBlockBodies(peer, [new Uint8Array(32), new Uint8Array(32)]))
    expect(bodies.map(hex)).toEqual(['c1c0', 'c1c0'])
  })

  it.each<[string, EthServe, string, RegExp]>([
    ['others', { headers: () => [HEADERS[1]!] }, 'unexpected answer', /^header 127 where 126 was asked for$/],
    ['too many', { headers: () => HEADERS }, 'unexpected answer', /^4 headers where 3/],
    ['a gap', { headers: () => [HEADERS[0]!, HEADERS[2]!] }, 'unexpected answer', /^header 128 where 127 follows$/],
    ['no headers', { headers: () => [Uint8Array.of(0xc0)] }, 'invalid message', /^0 items where 15 belong$/],
  ])('ends a peer that sends %s', async (_, wrong, code, text) => {
    const a = await world.make('a')
    const stranger = await meet(world, a)
    const peer = a.node.peers[0]!
    const asking = a.eth.getBlockHeaders(peer, { start: 126, limit: 3 })
    const outcome = asking.catch((error: unknown) => error)
    await world.pass(10)
    const id = readList(answers(stranger, 'getBlockHeaders')[0]!)[0] as Uint8Array
    const items = (await wrong.headers!({} as HeadersQuestion, {} as never)) as Uint8Array[]
    void stranger.peer.send(rawEth, 'blockHeaders', joinList([encodeRlp(id), joinList(items)]))
    await world.pass(50)
    expect(await outcome).toMatchObject({ code, message: expect.stringMatching(text) as unknown })
    expect(a.removals[0]!.error).toBe(await outcome)
  })

  it('ends a peer that sends more bodies than were asked for', async () => {
    const a = await world.make('a')
    const stranger = await meet(world, a)
    const outcome = a.eth.getBlockBodies(a.node.peers[0]!, [new Uint8Array(32)]).catch((error: unknown) => error)
    await world.pass(10)
    const id = readList(answers(stranger, 'getBlockBodies')[0]!)[0] as Uint8Array
    void stranger.peer.send(rawEth, 'blockBodies', encodeRlp([id, [[], []]]))
    await world.pass(50)
    expect(await outcome).toMatchObject({ code: 'unexpected answer', message: '2 items where 1 were asked for' })
  })

  it("ends with the signal, and after the protocol's time", async () => {
    const a = await world.make('a')
    await meet(world, a)
    const peer = a.node.peers[0]!
    const controller = new AbortController()
    const cancelled = a.eth.getBlockHeaders(peer, { start: 1, limit: 1 }, { signal: controller.signal })
    const late = a.eth.getBlockHeaders(peer, { start: 1, limit: 1 }).catch((error: unknown) => error)
    controller.abort(new Error('never mind'))
    await expect(cancelled).rejects.toThrow('never mind')
    await world.pass(20_000)
    expect(await late).toMatchObject({ code: 'request timeout' })
    expect(a.removals).toEqual([])
  })

  it.each([
    [{ start: 1, limit: 0 }, 'limit must be 1 to 1024, not 0'],
    [{ start: 1, limit: 1025 }, 'limit must be 1 to 1024, not 1025'],
    [{ start: new Uint8Array(31), limit: 1 }, 'a hash has 32 bytes, not 31'],
  ])('refuses to ask %j', async (request, text) => {
    const { a, peer } = await pair()
    await expect(a.eth.getBlockHeaders(peer, request)).rejects.toThrow(new RangeError(text))
  })
})

describe('hostile questions', () => {
  const asked: HeadersQuestion[] = []
  const watch: EthServe = {
    headers: (question, context) => {
      asked.push(question)
      return serve.headers!(question, context)
    },
  }

  it.each<[string, readonly (number | bigint)[], number]>([
    ['limit 0', [126n, 0n, 0n, 0], 0],
    ['limit 2^64 - 1', [126n, MAX_UINT64, 0n, 0], 4],
    ['skip 2^64 - 1', [126n, 5n, MAX_UINT64, 0], 1],
    ['skip 2^64 - 1 towards genesis', [126n, 5n, MAX_UINT64, 1], 1],
    ['the last number', [MAX_UINT64, 5n, 0n, 0], 0],
    ['the last number and all', [MAX_UINT64, MAX_UINT64, MAX_UINT64, 1], 0],
  ])('with %s get what there is, and never more than 1,024 are meant', async (_, body, count) => {
    asked.length = 0
    const node = await world.make('node', { serve: watch })
    const stranger = await meet(world, node)
    void stranger.peer.send(rawEth, 'getBlockHeaders', encodeRlp([MAX_UINT64, body]))
    await world.pass(50)
    const [id, list] = readList(answers(stranger, 'blockHeaders')[0]!)
    expect(id).toEqual(new Uint8Array(8).fill(0xff))
    expect(list).toHaveLength(count)
    expect(asked.every(({ limit }) => limit >= 1n && limit <= 1024n)).toBe(true)
    expect(node.removals).toEqual([])
  })

  it('with ids and hashes of the wrong form end the peer', async () => {
    const wrong: [RawName, Uint8Array][] = [
      ['getBlockHeaders', encodeRlp([1n << 64n, [1, 1, 0, 0]])],
      ['getBlockBodies', encodeRlp([1, [new Uint8Array(31)]])],
      ['getReceipts', encodeRlp([1])],
      ['getPooled', encodeRlp([1, [], []])],
      ['announce', encodeRlp([])],
    ]
    const node = await world.make('node')
    for (const [i, [name, payload]] of wrong.entries()) {
      const stranger = await meet(world, node, `stranger${i}`)
      void stranger.peer.send(rawEth, name, payload)
      await world.pass(50)
      expect(node.removals[i]!.error).toMatchObject({ code: 'invalid message', reason: 2 })
    }
  })

  it('for a thousand bodies get no more than an answer holds', async () => {
    const large = new Uint8Array(100_000).fill(1)
    large.set([0xfa, 0x01, 0x86, 0x9c])
    const node = await world.make('node', { serve: { bodies: (hashes) => hashes.map(() => large) } })
    const stranger = await meet(world, node)
    const hashes = Array.from({ length: 1500 }, () => new Uint8Array(32))
    void stranger.peer.send(rawEth, 'getBlockBodies', encodeRlp([1, hashes]))
    await world.pass(200)
    expect(readList(answers(stranger, 'blockBodies')[0]!, { maxItems: 3_000_000 })[1]).toHaveLength(21)
  })
})
