import { encodeRlp, portableCrypto } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import type { NodeOptions } from '@peerwire/core'
import type { InventoryPlugin } from '@peerwire/core/inventory'
import { describe, expect, it } from 'vitest'
import { hex, worldForEach } from '../test/world.ts'
import type { EthNode, World } from '../test/world.ts'
import { BLOCK_KIND, blockKind } from './block-kind.ts'
import type { BlockKind } from './block-kind.ts'
import { headerNumbers, readHeader } from './header.ts'
import type { Header } from './header.ts'
import type { EthServe } from './serve.ts'

const POLL_MS = 3000

/** A header without anything but its place. */
function headerOf(number: number, parentHash: Uint8Array, extra = 0): Header {
  const fields = Array.from({ length: 15 }, (): Uint8Array => new Uint8Array(0))
  fields[0] = parentHash
  fields[12] = Uint8Array.of(1, extra)
  const numbered = fields.map((field, i) => (i === 8 ? number : i === 11 ? 1000 + number * 12 : field))
  return readHeader(encodeRlp(numbered), portableCrypto)
}

/** Headers `from` to `to`, on top of `below`. */
function chainOf(from: number, to: number, below?: Header, extra = 0): Header[] {
  const headers: Header[] = []
  let parentHash = below?.hash ?? new Uint8Array(32)
  for (let number = from; number <= to; number++) {
    const header = headerOf(number, parentHash, extra)
    headers.push(header)
    parentHash = header.hash
  }
  return headers
}

/** Serves a chain that the test may change. */
function serving(chain: { headers: readonly Header[] }): EthServe {
  return {
    headers: ({ start, ...rest }) => {
      const { headers } = chain
      const first = start instanceof Uint8Array ? headers.find(({ hash }) => hex(hash) === hex(start))?.number : start
      if (first === undefined) return []
      return headerNumbers(first, rest).flatMap(
        (number) => headers.find((header) => header.number === number)?.bytes ?? [],
      )
    },
  }
}

interface ItemNode extends EthNode {
  readonly items: InventoryPlugin
  readonly kind: BlockKind
  /** Numbers of the blocks it accepted from peers over inv/1, in order. */
  readonly numbers: number[]
}

let world: World
let lines: string[]
worldForEach((made) => {
  world = made
  lines = []
})

async function make(host: string, follows = false): Promise<ItemNode> {
  const kind = blockKind({ crypto: portableCrypto })
  const items = inventory({ kinds: [kind] })
  const logger: NodeOptions['logger'] = {
    enabled: () => true,
    log: (level, message) => void (level === 'warn' && lines.push(message)),
  }
  const node = await world.make(host, { inventory: items, ...(follows ? { blocks: kind } : {}) }, { logger })
  const numbers: number[] = []
  items.follow(kind, ({ value }) => numbers.push(Number(value.number)))
  return { ...node, items, kind, numbers }
}

/** A node that serves a chain, a relay that follows it, and a tab at the relay. */
async function line(headers: readonly Header[]) {
  const chain = { headers }
  const geth = await world.make('geth', { serve: serving(chain) })
  const last = headers.at(-1)!
  geth.eth.setRange({ earliest: 0n, latest: last.number, latestHash: last.hash })
  const relay = await make('relay', true)
  const received: number[] = []
  relay.eth.on('block:received', ({ number }) => received.push(Number(number)))
  await world.connect(relay, geth)
  await world.pass()
  const tab = await make('tab')
  await world.connect(tab, relay)
  await world.pass()
  return { chain, geth, relay, received, tab }
}

describe('blocks as items', () => {
  it('are fetched back from the head, and go to a tab in order', async () => {
    const { received, tab, relay } = await line(chainOf(10, 20))
    expect(received).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(tab.numbers).toEqual(received)
    expect(relay.items.inspect()).toMatchObject({ stored: 11 })
    expect(tab.items.inspect().items).toMatchObject({ accepted: 11, orphaned: 0, invalid: 0 })
  })

  it('follow the chain as it grows, told or not told', async () => {
    const headers = chainOf(10, 12)
    const { chain, geth, tab } = await line(headers)
    const more = chainOf(13, 14, headers.at(-1))
    chain.headers = [...headers, ...more]
    await world.pass(POLL_MS + 100)
    expect(tab.numbers).toEqual([10, 11, 12, 13, 14])
    const latest = chainOf(15, 15, more.at(-1))
    chain.headers = [...chain.headers, ...latest]
    geth.eth.setRange({ earliest: 0n, latest: 15n, latestHash: latest[0]!.hash })
    await world.pass(100)
    expect(tab.numbers.at(-1)).toBe(15)
  })

  it('of a longer branch are fetched back to where it parted', async () => {
    const headers = chainOf(10, 12)
    const { chain, tab } = await line(headers)
    chain.headers = [...headers.slice(0, 2), ...chainOf(12, 14, headers[1], 1)]
    await world.pass(POLL_MS + 100)
    expect(tab.numbers).toEqual([10, 11, 12, 12, 13, 14])
  })

  it('are not taken from whoever dials us', async () => {
    const headers = chainOf(10, 12)
    const geth = await world.make('geth', { serve: serving({ headers }) })
    geth.eth.setRange({ earliest: 0n, latest: 12n, latestHash: headers[2]!.hash })
    const relay = await make('relay', true)
    await world.connect(geth, relay)
    await world.pass(3 * POLL_MS)
    expect(relay.items.inspect().stored).toBe(0)
  })

  it('that no eth peer has are not passed on by a node that follows the chain', async () => {
    const headers = chainOf(10, 12)
    const { relay, tab } = await line(headers)
    const other = await make('other')
    await world.connect(other, relay)
    await world.pass()
    const made = chainOf(13, 13, headers.at(-1), 9)[0]!
    other.items.publish(other.kind, made.bytes)
    await world.pass(5000)
    expect(relay.items.inspect().items).toMatchObject({ ignored: 1, invalid: 0 })
    expect(tab.numbers).toEqual([10, 11, 12])
    expect(relay.node.peers).toHaveLength(3)
  })

  it('are passed on by a relay whose only eth peers are relays, which have no headers to show', async () => {
    const { relay } = await line(chainOf(10, 12))
    const [second, tab] = [await make('second', true), await make('far tab')]
    await world.connect(second, relay)
    await world.connect(tab, second)
    await world.pass(3 * POLL_MS)
    expect(tab.numbers).toEqual([10, 11, 12])
  })

  it('are found also when the first peer has none', async () => {
    const headers = chainOf(10, 12)
    const [empty, geth] = [await make('empty', true), await world.make('geth', { serve: serving({ headers }) })]
    geth.eth.setRange({ earliest: 0n, latest: 12n, latestHash: headers[2]!.hash })
    const relay = await make('relay', true)
    await Promise.all([world.connect(relay, empty), world.connect(relay, geth)])
    await world.pass(3 * POLL_MS)
    expect(relay.items.inspect().stored).toBe(3)
  })

  it('that no eth peer had yet are taken when one has them', async () => {
    const headers = chainOf(10, 12)
    const { chain, relay, tab } = await line(headers)
    const early = await make('early')
    await world.connect(early, relay)
    const next = chainOf(13, 13, headers.at(-1))
    early.items.publish(early.kind, next[0]!.bytes)
    await world.pass(2500)
    expect(relay.items.stateOf(BLOCK_KIND, next[0]!.hash)).toBe('refused')
    chain.headers = [...headers, ...next]
    await world.pass(POLL_MS)
    expect(tab.numbers).toEqual([10, 11, 12, 13])
  })

  it.each([
    ['a number that does not follow', (parent: Header) => headerOf(13, parent.hash)],
    ['a time that is not later', (parent: Header) => readHeader(encodeRlp(timeless(parent)), portableCrypto)],
  ])('with %s end whoever sent them', async (_, bad) => {
    const [source, tab] = [await make('source'), await make('tab')]
    const headers = chainOf(10, 11)
    for (const { bytes } of headers) source.items.publish(source.kind, bytes)
    await world.connect(tab, source)
    await world.pass()
    source.items.publish(source.kind, bad(headers[1]!).bytes)
    await world.pass()
    expect(tab.removals).toMatchObject([{ error: { code: 'invalid item' } }])
    expect(tab.numbers).toEqual([10, 11])
  })

  it('out of order wait for their parent, which is asked for; a gap in between is filled', async () => {
    const [source, tab] = [await make('source'), await make('tab')]
    const headers = chainOf(10, 15)
    source.items.publish(source.kind, headers[0]!.bytes)
    await world.connect(tab, source)
    await world.pass()
    for (const at of [5, 3, 4, 1, 2]) source.items.publish(source.kind, headers[at]!.bytes)
    await world.pass(1000)
    expect(tab.numbers).toEqual([10, 11, 12, 13, 14, 15])
    expect(tab.items.inspect().items).toMatchObject({ orphaned: 3, orphans: 0, accepted: 6 })
    expect(lines).toEqual([])
  })

  it('so far ahead that nobody has what lies between begin the chain again; the old branch goes on, too', async () => {
    const [source, tab] = [await make('source'), await make('tab')]
    const headers = chainOf(10, 200)
    const publish = (from: number, to: number): void => {
      for (const { bytes } of headers.slice(from - 10, to - 9)) source.items.publish(source.kind, bytes)
    }
    publish(10, 11)
    await world.connect(tab, source)
    await world.pass()
    publish(100, 102)
    await world.pass()
    publish(12, 13)
    await world.pass()
    expect(tab.numbers).toEqual([10, 11, 100, 101, 102, 12, 13])
    expect(tab.items.inspect().items).toMatchObject({ orphaned: 0 })
  })

  it('older than the first are of no use to anybody', async () => {
    const [first, second, tab] = [await make('first'), await make('second'), await make('tab')]
    const headers = chainOf(8, 12)
    for (const { bytes } of headers.slice(2)) first.items.publish(first.kind, bytes)
    for (const { bytes } of headers) second.items.publish(second.kind, bytes)
    await world.connect(tab, first)
    await world.pass()
    await world.connect(tab, second)
    await world.pass()
    expect(tab.numbers).toEqual([10, 11, 12])
    expect(tab.items.inspect().items).toMatchObject({ ignored: 2 })
  })
})

function timeless(parent: Header) {
  return Array.from({ length: 15 }, (_, i) => {
    if (i === 0) return parent.hash
    if (i === 8) return Number(parent.number) + 1
    return i === 11 ? Number(parent.timestamp) : new Uint8Array(0)
  })
}

it('blocks without the inventory that has their kind are a mistake', async () => {
  await expect(world.make('x', { blocks: blockKind() })).rejects.toThrow(/blocks need the inventory/)
})
