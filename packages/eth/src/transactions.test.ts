import { DiscReason, encodeRlp, fromHex, listOf, portableCrypto, readList } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { announcementOf, hex, meet, rawEth, transactionOf, worldForEach } from '../test/world.ts'
import type { EthNode, Stranger, World } from '../test/world.ts'
import { envelopesCodec, hashesCodec } from './messages.ts'
import { joinList } from './raw-rlp.ts'

const BLOB = fromHex(vectors.transactions.find(({ type }) => type === 3)!.envelope)

let world: World
worldForEach((made) => (world = made))

/** What a stranger was asked for: ids of requests, with hashes. */
function asked({ got }: Stranger): { readonly id: Uint8Array; readonly hashes: readonly string[] }[] {
  return got
    .filter(({ name }) => name === 'getPooled')
    .map(({ payload }) => {
      const [id, hashes] = readList(payload)
      return { id: id as Uint8Array, hashes: listOf(hashes).map((hash) => hex(hash as Uint8Array)) }
    })
}

/** Hashes that a stranger was told of. */
function told({ got }: Stranger): string[] {
  return got
    .filter(({ name }) => name === 'announce')
    .flatMap(({ payload }) => listOf(readList(payload)[2]).map((hash) => hex(hash as Uint8Array)))
}

function answer(id: Uint8Array, envelopes: readonly Uint8Array[]): Uint8Array {
  return joinList([encodeRlp(id), envelopesCodec.encode(envelopes)])
}

function question(id: number, hashes: readonly string[]): Uint8Array {
  return joinList([encodeRlp(id), hashesCodec.encode(hashes.map(fromHex))])
}

describe('a transaction that a node sends', () => {
  it('reaches every node of a chain of nodes, once, and never goes back', async () => {
    const nodes: EthNode[] = []
    for (const host of ['a', 'b', 'c', 'd']) nodes.push(await world.make(host))
    const [a, b, c, d] = nodes as [EthNode, EthNode, EthNode, EthNode]
    await world.connect(a, b)
    await world.connect(c, b)
    await world.connect(d, c)
    await world.pass()
    const { bytes, hash } = transactionOf(1)
    expect(hex(a.eth.broadcastTransaction(bytes).hash)).toBe(hash)
    await world.pass(5000)
    expect(nodes.map(({ arrivals }) => arrivals)).toEqual([
      [],
      [`${hash} ${a.node.id}`],
      [`${hash} ${b.node.id}`],
      [`${hash} ${c.node.id}`],
    ])
    expect(nodes.map(({ eth }) => eth.inspect().transactions.repeated)).toEqual([0, 0, 0, 0])
  })

  it('is sent whole to some peers and announced to the others, large ones only announced', async () => {
    const node = await world.make('node')
    const strangers: Stranger[] = []
    for (let i = 0; i < 5; i++) strangers.push(await meet(world, node, `stranger${i}`))
    const small = transactionOf(1)
    const large = transactionOf(2, 4096)
    node.eth.broadcastTransaction(small.bytes)
    node.eth.broadcastTransaction(large.bytes)
    await world.pass()
    const whole = strangers.filter(({ got }) => got.some(({ name }) => name === 'transactions'))
    const announced = strangers.filter((stranger) => told(stranger).includes(small.hash))
    expect([whole.length, announced.length]).toEqual([3, 2])
    expect(strangers.map((stranger) => told(stranger).includes(large.hash))).toEqual([true, true, true, true, true])
  })

  it('is told to peers that come later', async () => {
    const node = await world.make('node')
    const { bytes, hash } = transactionOf(1)
    node.eth.broadcastTransaction(bytes)
    const stranger = await meet(world, node)
    await world.pass(50)
    expect(told(stranger)).toEqual([hash])
  })

  it('must be one, and for a chain that is known', async () => {
    const [node, auto] = [await world.make('node'), await world.make('auto', { network: 'auto' })]
    const { bytes } = transactionOf(1, 0, 1n)
    expect(() => node.eth.broadcastTransaction(bytes)).toThrow(TypeError)
    expect(() => node.eth.broadcastTransaction(bytes)).toThrow(/for chain 1, ours is 7357001$/)
    expect(() => auto.eth.broadcastTransaction(bytes)).toThrow(
      new TypeError('no eth network is known yet: the transaction has nowhere to go'),
    )
  })
})

describe('an announced transaction', () => {
  it('is fetched, checked and passed on, and not told to whoever announced it', async () => {
    const node = await world.make('node')
    const [a, b] = [await meet(world, node, 'a'), await meet(world, node, 'b')]
    const { bytes, hash } = transactionOf(1)
    void a.peer.send(rawEth, 'announce', announcementOf(bytes))
    await world.pass(50)
    expect(asked(a).map(({ hashes }) => hashes)).toEqual([[hash]])
    void a.peer.send(rawEth, 'pooled', answer(asked(a)[0]!.id, [bytes]))
    await world.pass(50)
    expect(node.arrivals).toEqual([`${hash} ${a.node.id}`])
    expect([told(a), told(b)]).toEqual([[], [hash]])
    void b.peer.send(rawEth, 'getPooled', question(9, [hash]))
    await world.pass(50)
    expect(b.got.filter(({ name }) => name === 'pooled').map(({ payload }) => payload)).toEqual([
      answer(Uint8Array.of(9), [bytes]),
    ])
  })

  it('is asked of the next announcer when the first leaves it out, and of nobody twice', async () => {
    const node = await world.make('node')
    const [a, b] = [await meet(world, node, 'a'), await meet(world, node, 'b')]
    const { bytes, hash } = transactionOf(1)
    for (const { peer } of [a, b]) void peer.send(rawEth, 'announce', announcementOf(bytes))
    await world.pass(50)
    const [first, second] = asked(a).length === 1 ? [a, b] : [b, a]
    expect(asked(second)).toEqual([])
    void first.peer.send(rawEth, 'pooled', answer(asked(first)[0]!.id, []))
    await world.pass(50)
    expect(asked(second).map(({ hashes }) => hashes)).toEqual([[hash]])
    await world.pass(9900)
    expect(node.eth.inspect().transactions.unanswered).toBe(0)
    await world.pass(200)
    expect(node.eth.inspect()).toMatchObject({ transactions: { unanswered: 1 }, inventory: { tracked: 0 } })
    void first.peer.send(rawEth, 'announce', announcementOf(bytes))
    await world.pass(50)
    expect([asked(a).length, asked(b).length]).toEqual([1, 1])
  })

  it('may come too late, and is taken all the same', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    const { bytes, hash } = transactionOf(1)
    void a.peer.send(rawEth, 'announce', announcementOf(bytes))
    await world.pass(11_000)
    expect(node.eth.inspect().transactions.unanswered).toBe(1)
    void a.peer.send(rawEth, 'pooled', answer(asked(a)[0]!.id, [bytes]))
    await world.pass(50)
    expect([node.removals, node.arrivals]).toEqual([[], [`${hash} ${a.node.id}`]])
  })

  it('is asked of others once its announcer has let a question lapse, and of it again when it has answered', async () => {
    const node = await world.make('node')
    const [bad, good] = [await meet(world, node, 'bad'), await meet(world, node, 'good')]
    const many = Array.from({ length: 41 }, (_, i) => transactionOf(i))
    let answered = 0
    for (const { bytes } of many.slice(0, 40)) {
      for (const { peer } of [bad, good]) void peer.send(rawEth, 'announce', announcementOf(bytes))
      await world.pass(500)
      for (const { id, hashes } of asked(good).slice(answered)) {
        const found = many.filter(({ hash }) => hashes.includes(hash)).map((one) => one.bytes)
        void good.peer.send(rawEth, 'pooled', answer(id, found))
        answered++
      }
      await world.pass(50)
    }
    await world.pass(10_000)
    for (const { id, hashes } of asked(good).slice(answered)) {
      const found = many.filter(({ hash }) => hashes.includes(hash)).map((one) => one.bytes)
      void good.peer.send(rawEth, 'pooled', answer(id, found))
    }
    await world.pass(50)
    expect([node.arrivals.length, node.removals.length]).toEqual([40, 0])
    // As long as it owes an answer it is asked only where nobody owes fewer.
    const before = asked(bad).length
    expect(before).toBeLessThanOrEqual(2)
    void bad.peer.send(rawEth, 'announce', announcementOf(many[40]!.bytes))
    await world.pass(1000)
    expect(asked(bad)).toHaveLength(before)
    for (const { id } of asked(bad)) void bad.peer.send(rawEth, 'pooled', answer(id, []))
    await world.pass(1000)
    expect(asked(bad).at(-1)!.hashes).toEqual([many[40]!.hash])
  })

  it('is asked for in parts when there are many or they are large', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    const envelopes = Array.from({ length: 300 }, (_, i) => Uint8Array.of(2, i >> 8, i & 255))
    const hashes = envelopes.map((envelope) => hex(portableCrypto.keccak256(envelope)))
    const sizes = hashes.map((_, i) => (i < 20 ? 16_384 : 100))
    const types = new Uint8Array(300).fill(2)
    void a.peer.send(rawEth, 'announce', encodeRlp([types, sizes, hashes.map(fromHex)]))
    await world.pass(50)
    expect(asked(a).map(({ hashes: ids }) => ids.length)).toEqual([8, 8, 240])
  })

  it('is not asked for when it is a blob transaction, of unknown type, too large or empty', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    const hashes = [1, 2, 3, 4].map((n) => new Uint8Array(32).fill(n))
    void a.peer.send(rawEth, 'announce', encodeRlp([Uint8Array.of(3, 9, 2, 2), [100, 100, 131_073, 0], hashes]))
    await world.pass(50)
    expect(asked(a)).toEqual([])
    expect(node.eth.inspect()).toMatchObject({ transactions: { blobs: 1 }, inventory: { known: 4, tracked: 0 } })
  })
})

describe('whoever sends what is wrong is ended', () => {
  const good = transactionOf(1)
  const wrongChain = transactionOf(2, 0, 1n)
  const broken = good.bytes.slice()
  broken[broken.length - 1]! ^= 1

  it.each<[string, Uint8Array, string, RegExp]>([
    ['a transaction of another chain', wrongChain.bytes, 'invalid item', /for chain 1, ours is 7357001$/],
    ['a blob transaction whole', BLOB, 'invalid item', /a blob transaction was sent whole$/],
    ['bytes that are no transaction', Uint8Array.of(2, 0xc0), 'invalid item', /0 fields where 12 belong$|0 items/],
  ])('unasked: %s', async (_, envelope, code, text) => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    void a.peer.send(rawEth, 'transactions', envelopesCodec.encode([good.bytes, envelope]))
    await world.pass()
    expect(node.removals[0]!.error).toMatchObject({ code, reason: DiscReason.subprotocolError })
    expect(node.removals[0]!.error.message).toMatch(text)
    expect(node.arrivals).toEqual([`${good.hash} ${a.node.id}`])
  })

  it.each<[string, Uint8Array[], string, RegExp]>([
    ['what was not asked for', [transactionOf(5).bytes], 'unexpected answer', /was not asked for$/],
    ['the same twice', [good.bytes, good.bytes], 'unexpected answer', /was not asked for$/],
    ['no transaction', [Uint8Array.of(5, 1)], 'unexpected answer', /was not asked for$/],
  ])('in an answer: %s', async (_, envelopes, code, text) => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    void a.peer.send(rawEth, 'announce', announcementOf(good.bytes))
    await world.pass(50)
    void a.peer.send(rawEth, 'pooled', answer(asked(a)[0]!.id, envelopes))
    await world.pass(50)
    expect(node.removals[0]!.error).toMatchObject({ code })
    expect(node.removals[0]!.error.message).toMatch(text)
  })

  it('in an announcement: another type or size than the transaction has', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    void a.peer.send(rawEth, 'announce', encodeRlp([Uint8Array.of(1), [good.bytes.length], [fromHex(good.hash)]]))
    await world.pass(50)
    void a.peer.send(rawEth, 'pooled', answer(asked(a)[0]!.id, [good.bytes]))
    await world.pass(50)
    expect(node.removals[0]!.error).toMatchObject({ code: 'invalid item' })
    expect(node.removals[0]!.error.message).toMatch(/: type 2 with \d+ bytes, announced as type 1 with \d+$/)
  })

  it('and what was wrong is asked of nobody else', async () => {
    const node = await world.make('node')
    const [a, b] = [await meet(world, node, 'a'), await meet(world, node, 'b')]
    void a.peer.send(rawEth, 'transactions', envelopesCodec.encode([wrongChain.bytes]))
    await world.pass()
    void b.peer.send(rawEth, 'announce', announcementOf(wrongChain.bytes))
    await world.pass(50)
    expect(asked(b)).toEqual([])
  })

  it('but an answer that nobody asked for is let pass a few times', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    void a.peer.send(rawEth, 'announce', announcementOf(good.bytes))
    await world.pass(50)
    void a.peer.send(rawEth, 'pooled', answer(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), [good.bytes]))
    await world.pass(50)
    expect([node.removals, node.arrivals]).toEqual([[], []])
    void a.peer.send(rawEth, 'pooled', answer(asked(a)[0]!.id, [good.bytes]))
    await world.pass(50)
    expect(node.arrivals).toHaveLength(1)
  })
})

describe('serving', () => {
  it('answers two questions with the same id twice, leaves out what it has not, and looks for 4,096 at most', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    const { bytes, hash } = transactionOf(1)
    node.eth.broadcastTransaction(bytes)
    const missing = '11'.repeat(32)
    void a.peer.send(rawEth, 'getPooled', question(7, [missing, hash]))
    void a.peer.send(rawEth, 'getPooled', question(7, [missing]))
    void a.peer.send(rawEth, 'getPooled', question(0, [...Array.from({ length: 4096 }, () => missing), hash]))
    await world.pass(50)
    expect(a.got.filter(({ name }) => name === 'pooled').map(({ payload }) => hex(payload))).toEqual([
      hex(answer(Uint8Array.of(7), [bytes])),
      hex(answer(Uint8Array.of(7), [])),
      hex(answer(new Uint8Array(0), [])),
    ])
  })

  it('ends an answer once it has 2 MiB', async () => {
    const node = await world.make('node')
    const a = await meet(world, node, 'a')
    const many = Array.from({ length: 20 }, (_, i) => transactionOf(i, 130_000))
    for (const { bytes } of many) node.eth.broadcastTransaction(bytes)
    void a.peer.send(
      rawEth,
      'getPooled',
      question(
        1,
        many.map(({ hash }) => hash),
      ),
    )
    await world.pass(200)
    const sizes = a.got.filter(({ name }) => name === 'pooled').map(({ payload }) => payload.length)
    expect(sizes).toHaveLength(1)
    expect(sizes[0]).toBeGreaterThan(2 * 1024 * 1024)
    expect(sizes[0]).toBeLessThan(2.2 * 1024 * 1024)
  })
})

describe('a flood', () => {
  it('waits in the queue of its sender, and others are served meanwhile', async () => {
    const node = await world.make('node', { budget: { burst: 2, perSecond: 1 } })
    const [a, b] = [await meet(world, node, 'a'), await meet(world, node, 'b')]
    const flood = [1, 2, 3, 4].map((n) => transactionOf(n).bytes)
    void a.peer.send(rawEth, 'transactions', envelopesCodec.encode(flood))
    void a.peer.send(rawEth, 'getPooled', question(1, []))
    await world.pass(500)
    void b.peer.send(rawEth, 'transactions', envelopesCodec.encode([transactionOf(9).bytes]))
    await world.pass(100)
    expect(node.arrivals.map((arrival) => arrival.slice(65))).toEqual([a.node.id, a.node.id, b.node.id])
    expect(a.got.some(({ name }) => name === 'pooled')).toBe(false)
    await world.pass(2000)
    expect(node.arrivals).toHaveLength(5)
    expect(a.got.some(({ name }) => name === 'pooled')).toBe(true)
  })

  it('ends with its sender: what waits is dropped', async () => {
    const node = await world.make('node', { budget: { burst: 1, perSecond: 0.01 } })
    const a = await meet(world, node, 'a')
    void a.peer.send(rawEth, 'transactions', envelopesCodec.encode([1, 2, 3].map((n) => transactionOf(n).bytes)))
    await world.pass(100)
    a.peer.disconnect()
    await world.pass(2000)
    expect(node.arrivals).toHaveLength(1)
    expect(node.eth.inspect().inventory).toMatchObject({ peers: 0, known: 0, stored: 1 })
  })
})

describe('one inventory', () => {
  it("can be shared, and is the node's own where none is given", async () => {
    const shared = inventory({ limits: { storeMs: 1000, unaskedMs: 1000 } })
    const node = await world.make('node', { inventory: shared })
    const { bytes, hash } = transactionOf(1)
    node.eth.broadcastTransaction(bytes)
    expect(shared.get(1, fromHex(hash))?.bytes).toEqual(bytes)
    expect(node.eth.inspect().inventory).toEqual(shared.inspect())
    await world.pass(1000)
    expect(shared.get(1, fromHex(hash))).toBe(undefined)
  })
})
