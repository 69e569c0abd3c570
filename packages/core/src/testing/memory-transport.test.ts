import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { concatBytes } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Link } from '../wire/link.ts'
import { createManualClock, drainMicrotasks, type ManualClock } from './manual-clock.ts'
import { createLinkPair, createMemoryNetwork, type MemoryNetworkOptions } from './memory-transport.ts'

/** Opens a link and writes down what it is told. */
function record(link: Link, clock: ManualClock) {
  const told: { readonly atMs: number; readonly what: Uint8Array | PeerError | 'drain' | 'end' }[] = []
  const note = (what: Uint8Array | PeerError | 'drain' | 'end'): void =>
    void told.push({ atMs: Math.floor(clock.now()), what })
  link.open({ bytes: note, drain: () => note('drain'), end: (error) => note(error ?? 'end') })
  const chunks = (): Uint8Array[] => told.map(({ what }) => what).filter((what) => what instanceof Uint8Array)
  return { told, chunks, last: () => told.at(-1)?.what }
}

async function connectHosts(options: Partial<MemoryNetworkOptions> = {}) {
  const clock = createManualClock()
  const network = createMemoryNetwork({ clock, ...options })
  const accepted: Link[] = []
  const [listener] = await network.transport('b', { listen: 7 }).listen!({ link: (link) => accepted.push(link) })
  const link = await clock.run(network.transport('a').dial(listener!.endpoint))
  return { clock, network, listener: listener!, link, accepted }
}

describe('the memory network', () => {
  it('names hosts and ports as sockets do', async () => {
    const { link, accepted, listener } = await connectHosts()
    expect(listener.endpoint).toEqual({ scheme: 'memory', host: 'b', port: 7 })
    expect([link.remoteAddress, accepted[0]!.remoteAddress]).toEqual(['b:7', 'a:50000'])
    expect([link.direction, accepted[0]!.direction]).toEqual(['outbound', 'inbound'])
  })

  it('gives each listener a port of its own, and a taken one is an Error that names it', async () => {
    const network = createMemoryNetwork({ clock: createManualClock() })
    const handlers = { link: (link: Link) => link.abort() }
    const [first, second] = await network.transport('a', { listen: [0, 0] }).listen!(handlers)
    expect(first!.endpoint.port).not.toBe(second!.endpoint.port)
    const again = network.transport('a', { listen: first!.endpoint.port })
    await expect(again.listen!(handlers)).rejects.toThrow(`memory://a:${first!.endpoint.port} is taken`)
    await first!.close()
    await again.listen!(handlers)
    expect(network.listeners).toBe(2)
  })

  it('delays every byte, and the dial', async () => {
    const { clock, link, accepted } = await connectHosts({ delayMs: 40 })
    expect(Math.floor(clock.now())).toBe(40)
    const { told } = record(accepted[0]!, clock)
    link.write(new Uint8Array([1]))
    await clock.advanceAsync(39)
    expect(told).toEqual([])
    await clock.advanceAsync(1)
    expect(told).toEqual([{ atMs: 80, what: new Uint8Array([1]) }])
  })

  it('carries any writes whole and in order under any delay and split', async () => {
    const traits = fc.record({
      seed: fc.nat(),
      split: fc.constantFrom('whole' as const, 'random' as const, 1, 3, 1_000),
      delayMs: fc.constantFrom(0, 5, [0, 30] as const),
      windowBytes: fc.integer({ min: 1, max: 5_000 }),
    })
    const writes = fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(traits, writes, async ({ seed, ...options }, sent) => {
        const clock = createManualClock()
        const { dialer, listener } = createLinkPair({ clock, random: seededRandom(seed), ...options })
        const { chunks, last } = record(listener, clock)
        dialer.open({ bytes: () => undefined, drain: () => undefined, end: () => undefined })
        for (const bytes of sent) dialer.write(bytes.slice())
        dialer.close()
        await clock.advanceAsync(5_000)
        expect(concatBytes(...chunks())).toEqual(concatBytes(...sent))
        expect(last()).toBe('end')
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: rounds(50, 500) },
    )
  })

  it('is the same again by the same seed, and another by another', async () => {
    const run = async (seed: number): Promise<string> => {
      const random = seededRandom(seed)
      const { clock, link, accepted } = await connectHosts({ random, delayMs: [0, 50], split: 'random' })
      const { told } = record(accepted[0]!, clock)
      for (let i = 0; i < 20; i++) link.write(new Uint8Array(5_000).fill(i))
      await clock.advanceAsync(1_000)
      return told.map(({ atMs, what }) => `${atMs}:${what instanceof Uint8Array ? what.length : what}`).join(' ')
    }
    expect(await run(1)).toBe(await run(1))
    expect(await run(1)).not.toBe(await run(2))
  })

  it('cuts all links between two hosts at once, told to both ends as lost', async () => {
    const { clock, network, link, accepted } = await connectHosts()
    const ends = [record(link, clock), record(accepted[0]!, clock)]
    expect(network.cut('a', 'c')).toBe(0)
    expect(network.cut('b', 'a')).toBe(1)
    await drainMicrotasks()
    for (const { last } of ends) expect(last()).toMatchObject({ code: 'link lost' })
    expect(network.links).toBe(0)
  })

  it('lets nothing through a black hole and tells nobody, until it is lifted', async () => {
    const { clock, network, link, accepted } = await connectHosts({ delayMs: 10 })
    const { told, chunks } = record(accepted[0]!, clock)
    link.write(new Uint8Array([1]))
    network.blackHole('a', 'b', true)
    link.write(new Uint8Array([2]))
    await clock.advanceAsync(60_000)
    expect(told).toEqual([])
    network.blackHole('a', 'b', false)
    link.write(new Uint8Array([3]))
    await clock.advanceAsync(100)
    expect(chunks().map((chunk) => chunk[0])).toEqual([1, 2, 3])
  })

  it('an end inside a black hole reaches our end alone', async () => {
    const { clock, network, link, accepted } = await connectHosts()
    const ours = record(link, clock)
    const theirs = record(accepted[0]!, clock)
    network.blackHole('a', undefined, true)
    link.abort()
    await clock.advanceAsync(60_000)
    expect([ours.last(), theirs.last()]).toEqual(['end', undefined])
  })

  it('swallows dials into a black hole until their signal aborts', async () => {
    const { clock, network, listener, accepted } = await connectHosts()
    network.blackHole('b', undefined, true)
    const controller = new AbortController()
    const dialed = network.transport('a').dial(listener.endpoint, { signal: controller.signal })
    await clock.advanceAsync(60_000)
    controller.abort(new Error('enough'))
    await expect(dialed).rejects.toThrow('enough')
    expect([accepted.length, clock.pendingTimers]).toEqual([1, 0])
  })

  it('holds thousands of idle links without a timer, and little memory', async () => {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock, delayMs: 5 })
    let received = 0
    const [listener] = await network.transport('hub', { listen: true }).listen!({
      link: (link) =>
        link.open({ bytes: (chunk) => (received += chunk.length), drain: () => undefined, end: () => undefined }),
    })
    const dials = Array.from({ length: 3_000 }, (_, host) => network.transport(`host${host}`).dial(listener!.endpoint))
    const links = await clock.run(Promise.all(dials))
    for (const link of links) link.write(new Uint8Array(100))
    await clock.advanceAsync(10)
    expect([received, network.links, clock.pendingTimers]).toEqual([300_000, 3_000, 0])
  })
})
