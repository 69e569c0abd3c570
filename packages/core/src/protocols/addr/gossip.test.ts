import { describe, expect, it } from 'vitest'
import { createNetworkAddress } from '../../addresses/network-address.ts'
import { seededRandom } from '../../base/random.ts'
import { portableCrypto } from '../../crypto/portable.ts'
import type { Direction } from '../../wire/link.ts'
import { Gossip } from './gossip.ts'
import type { GossipHost } from './gossip.ts'
import type { AddrEntry } from './messages.ts'

const NOW = 1_767_225_600
const DAY_MS = 86_400_000
/** Of all peers here; no entry has it. */
const KEY = new Uint8Array(64).fill(0xaa)

/** Entry number `n`, online `age` seconds ago; decoded anew each time it is asked for. */
function entry(n: number, age = 0): AddrEntry {
  const bytes = Uint8Array.of(1 + (n >> 16), (n >> 8) & 255, n & 255, 1)
  const address = createNetworkAddress({ network: 1, bytes, port: 30303, transport: 'tcp' })!
  return { address, publicKey: new Uint8Array(64).fill(n & 255), time: NOW - age }
}

interface Told {
  readonly peer: string
  readonly entries: readonly AddrEntry[]
}

interface Bench {
  readonly gossip: Gossip
  readonly told: Told[]
  readonly learned: AddrEntry[]
  readonly asked: string[]
  /** Lets time pass, doing all that falls due. */
  pass(ms: number): void
  now(): number
}

function bench(changed: Partial<GossipHost> = {}, seed = 1): Bench {
  const told: Told[] = []
  const learned: AddrEntry[] = []
  const asked: string[] = []
  let nowMs = 0
  const gossip = new Gossip({
    random: seededRandom(seed),
    sha256: portableCrypto.sha256,
    learn: (heard) => void learned.push(heard),
    sample: () => [],
    mayRelay: () => true,
    renewed: (entry) => entry,
    canReach: () => true,
    own: () => [],
    ask: (peer) => void asked.push(peer),
    tell: (peer, entries) => void told.push({ peer, entries }),
    ...changed,
  })
  const pass = (ms: number): void => {
    const untilMs = nowMs + ms
    for (let due = gossip.nextAtMs; due !== undefined && due <= untilMs; due = gossip.nextAtMs) {
      nowMs = due
      gossip.tick(nowMs)
    }
    nowMs = untilMs
  }
  return { gossip, told, learned, asked, pass, now: () => nowMs }
}

function open({ gossip, now }: Bench, id: string, direction: Direction = 'inbound', network = 'ipv4'): void {
  gossip.opened({ id, direction, publicKey: KEY, network, ask: direction === 'outbound' }, now())
}

/** Opens peers `p0`, `p1` and so on. */
function openMany(it: Bench, count: number): void {
  for (let i = 0; i < count; i++) open(it, `p${i}`)
}

function tell({ gossip, now }: Bench, from: string, ...entries: readonly AddrEntry[]): void {
  gossip.told(from, entries, now(), NOW + Math.floor(now() / 1000))
}

const receivers = ({ told }: Bench): string[] => told.map(({ peer }) => peer).sort()

describe('what a peer tells', () => {
  it('is taken in within its tokens: one at first, one more each ten seconds, 1,000 saved up at most', () => {
    const it = bench()
    open(it, 'a')
    const flood = (): number => {
      const before = it.learned.length
      tell(it, 'a', ...Array.from({ length: 1000 }, (_, n) => entry(n)))
      return it.learned.length - before
    }
    expect(flood()).toBe(1)
    it.pass(9_999)
    expect(flood()).toBe(0)
    it.pass(1)
    expect(flood()).toBe(1)
    it.pass(DAY_MS)
    expect([flood(), flood()]).toEqual([1000, 0])
    expect(it.gossip.inspect()).toMatchObject({ processed: 1002, limited: 3998 })
  })

  it('may be 1,000 more when we have asked for it, once', () => {
    const it = bench()
    open(it, 'a', 'outbound')
    expect(it.asked).toEqual(['a'])
    for (let i = 0; i < 3; i++) tell(it, 'a', ...Array.from({ length: 1000 }, (_, n) => entry(n)))
    expect(it.learned).toHaveLength(1001)
  })

  it('of a flood of an hour from ten peers, 361 entries of each are taken in and few are passed on', () => {
    const it = bench()
    for (let i = 0; i < 10; i++) open(it, `p${i}`)
    // 100,000 entries a second in all, as ten messages of 1,000 from each peer.
    const message = Array.from({ length: 1000 }, (_, n) => entry(n))
    let sent = 0
    for (let second = 0; second < 3600; second++) {
      for (let i = 0; i < 10; i++) tell(it, `p${i}`, ...message)
      sent += 10_000
      it.pass(1000)
    }
    const { processed, limited, relayed } = it.gossip.inspect()
    expect(processed).toBeLessThanOrEqual(10 * 361)
    expect(processed).toBeGreaterThanOrEqual(10 * 360)
    expect(processed + limited).toBe(sent)
    expect(relayed).toBe(0)
  })

  it('does not hang on the place in the message', () => {
    const it = bench()
    const firsts = new Set<number>()
    for (let i = 0; i < 20; i++) {
      open(it, `p${i}`)
      tell(it, `p${i}`, entry(1), entry(2), entry(3))
      firsts.add(it.learned.at(-1)!.address.bytes[2]!)
    }
    expect(firsts).toEqual(new Set([1, 2, 3]))
  })
})

describe('news', () => {
  it('goes to two peers, not back to who told it, later by chance', () => {
    const it = bench()
    openMany(it, 20)
    tell(it, 'p0', entry(1))
    expect(it.told).toEqual([])
    it.pass(600_000)
    expect(it.told).toHaveLength(2)
    expect(it.told.every(({ entries }) => entries.length === 1)).toBe(true)
    expect(receivers(it)).not.toContain('p0')
  })

  it('goes to one peer when we can not reach it ourselves', () => {
    const it = bench({ canReach: () => false })
    openMany(it, 20)
    tell(it, 'p0', entry(1))
    it.pass(600_000)
    expect(it.told).toHaveLength(1)
  })

  it('waits half a minute on average', () => {
    const it = bench()
    openMany(it, 3)
    let sumMs = 0
    const rounds = 2000
    for (let n = 0; n < rounds; n++) {
      it.pass(DAY_MS / 100)
      const startMs = it.now()
      it.gossip.told('p0', [{ ...entry(n), time: NOW + startMs / 1000 }], startMs, NOW + startMs / 1000)
      sumMs += it.gossip.nextAtMs! - startMs
    }
    // The sooner of two that each wait 30 s on average.
    expect(sumMs / rounds).toBeGreaterThan(13_500)
    expect(sumMs / rounds).toBeLessThan(16_500)
  })

  it('goes to the same two for a day, whoever repeats it, and to others on another day', () => {
    const it = bench()
    openMany(it, 40)
    const chosen = new Set<string>()
    const choose = (): string[] => {
      it.told.length = 0
      for (let i = 0; i < 40; i++) it.gossip.closed(`p${i}`)
      openMany(it, 40)
      const seconds = NOW + Math.floor(it.now() / 1000)
      it.gossip.told('p0', [{ ...entry(7), time: seconds }], it.now(), seconds)
      it.pass(3_000_000)
      return receivers(it)
    }
    for (let day = 0; day < 10; day++) {
      const first = choose()
      const again = choose()
      for (const peer of first) chosen.add(peer)
      // The day of an entry may end between the two: never more than once in ten days of two rounds each.
      if (day > 0) expect(again.length).toBe(2)
      it.pass(DAY_MS - 6_000_000)
    }
    expect(chosen.size).toBeGreaterThan(8)
    expect(chosen.size).toBeLessThanOrEqual(20)
  })

  it.each([
    ['is older than ten minutes', 'inbound', [entry(1, 601)]],
    ['comes from the future', 'inbound', [entry(1, -601)]],
    ['comes with ten others', 'inbound', Array.from({ length: 11 }, (_, n) => entry(n))],
    ['is the first that a peer says which we dialed', 'outbound', [entry(1)]],
    ['comes from a peer that we dialed and that has spoken of itself only', 'outbound', [entry(0xaa), entry(1)]],
  ] as const)('is none when it %s', (_, direction, entries) => {
    const it = bench()
    openMany(it, 5)
    open(it, 'teller', direction)
    // Those of the last row come one by one, the others together.
    const [first, ...rest] = entries
    if (first!.publicKey[0] === 0xaa) for (const one of [first!, ...rest]) tell(it, 'teller', one)
    else tell(it, 'teller', ...entries)
    it.pass(600_000)
    expect(it.told).toEqual([])
  })

  it('is none when it may not be passed on', () => {
    const it = bench({ mayRelay: () => false })
    openMany(it, 5)
    tell(it, 'p0', entry(1))
    it.pass(600_000)
    expect(it.told).toEqual([])
  })

  it('is not told to a peer that told the same meanwhile', () => {
    const it = bench()
    openMany(it, 3)
    it.pass(600_000)
    for (const peer of ['p0', 'p1', 'p2']) tell(it, peer, entry(1, -600))
    it.pass(600_000)
    expect(it.told).toEqual([])
  })

  it('is told once', () => {
    const it = bench()
    openMany(it, 3)
    for (let round = 0; round < 5; round++) {
      tell(it, 'p0', entry(1, -round * 600))
      it.pass(600_000)
    }
    expect(receivers(it)).toEqual(['p1', 'p2'])
  })
})

describe('our own address', () => {
  it('is told to each peer when it has come, a second one ten seconds later at the soonest', () => {
    const it = bench({ own: () => [entry(8), entry(9)] })
    open(it, 'a')
    expect(it.told).toEqual([{ peer: 'a', entries: [entry(8)] }])
    it.pass(9_999)
    expect(it.told).toHaveLength(1)
    it.pass(600_000)
    expect(it.told.slice(1)).toEqual([{ peer: 'a', entries: [entry(9)] }])
  })

  it('is told again about once a day', () => {
    const it = bench({ own: () => [entry(9)] })
    openMany(it, 50)
    it.pass(600_000)
    expect(new Set(receivers(it)).size).toBe(50)
    it.pass(10 * DAY_MS)
    expect(it.told.length).toBeGreaterThan(400)
    expect(it.told.length).toBeLessThan(700)
  })

  it('is not told to who has left', () => {
    const it = bench({ own: () => [entry(9)] })
    openMany(it, 3)
    for (const peer of ['p0', 'p1', 'p2']) it.gossip.closed(peer)
    expect(it.gossip.nextAtMs).toBeUndefined()
  })
})

describe('who asks', () => {
  const sample = (): AddrEntry[] => Array.from({ length: 1000 }, (_, n) => entry(n))

  it('is answered once, when it came to us', () => {
    const it = bench({ sample })
    open(it, 'in')
    open(it, 'out', 'outbound')
    for (const peer of ['in', 'out', 'in']) it.gossip.asked(peer, 0)
    expect(it.told.map(({ peer, entries }) => [peer, entries.length])).toEqual([['in', 1000]])
    expect(it.gossip.inspect()).toMatchObject({ answered: 1, unanswered: 2 })
  })

  it('gets the same answer as all of its network, for a day', () => {
    let drawn = 0
    const it = bench({
      sample: () => {
        drawn++
        return Array.from({ length: 10 }, () => entry(drawn - 1))
      },
    })
    const askAs = (network: string): number => {
      open(it, 'x', 'inbound', network)
      it.gossip.asked('x', it.now())
      it.gossip.closed('x')
      return it.told.at(-1)!.entries[0]!.address.bytes[2]!
    }
    expect([askAs('ipv4'), askAs('ipv4'), askAs('ipv6'), askAs('ipv4')]).toEqual([0, 0, 1, 0])
    it.pass(20 * 3_600_000)
    expect(askAs('ipv4')).toBe(0)
    it.pass(7 * 3_600_000)
    expect(askAs('ipv4')).toBe(2)
  })

  it('gets a fresh answer as long as there are fewer than ten entries to tell', () => {
    const known: AddrEntry[] = []
    const it = bench({ sample: () => [...known] })
    const askAnew = (): number => {
      it.told.length = 0
      open(it, 'x')
      it.gossip.asked('x', it.now())
      it.gossip.closed('x')
      return it.told[0]?.entries.length ?? 0
    }
    const answers: number[] = []
    for (let n = 0; n < 13; n++) {
      answers.push(askAnew())
      known.push(entry(n))
    }
    expect(answers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10])
  })

  it('learns at most 1,000 addresses in a hundred connections of a day', () => {
    let start = 0
    const it = bench({
      sample: () => {
        start += 1000
        return Array.from({ length: 1000 }, (_, n) => entry(start + n))
      },
    })
    const distinct = new Set<string>()
    for (let connection = 0; connection < 100; connection++) {
      open(it, 'scraper')
      it.gossip.asked('scraper', it.now())
      it.gossip.closed('scraper')
      for (const { address } of it.told.at(-1)!.entries) distinct.add(address.bytes.join('.'))
      it.pass(DAY_MS / 100 / 1.15)
    }
    expect(distinct.size).toBe(1000)
  })

  it('is not told again what was in its answer', () => {
    const it = bench({ sample: () => [entry(1)] })
    openMany(it, 3)
    it.gossip.asked('p1', 0)
    it.gossip.asked('p2', 0)
    it.told.length = 0
    tell(it, 'p0', entry(1))
    it.pass(600_000)
    expect(it.told).toEqual([])
  })
})

describe('what is kept of a peer', () => {
  it('is at most 5,000 entries that it knows and 1,000 that wait', () => {
    const it = bench()
    open(it, 'a')
    open(it, 'b')
    for (let round = 0; round < 6; round++) {
      it.pass(DAY_MS)
      tell(it, 'a', ...Array.from({ length: 1000 }, (_, n) => entry(round * 1000 + n)))
    }
    expect(it.gossip.inspect().known).toBe(5000)
    for (let n = 0; n < 1001; n++) {
      it.pass(10_000 - (n % 2))
      it.gossip.told('a', [{ ...entry(10_000 + n), time: NOW }], it.now(), NOW)
      if (it.gossip.inspect().queued > 1000) break
    }
    expect(it.gossip.inspect().queued).toBeLessThanOrEqual(1000)
  })

  it('is gone with it, and nothing waits when all have stopped', () => {
    const it = bench()
    openMany(it, 5)
    tell(it, 'p0', entry(1))
    it.gossip.clear()
    expect([it.gossip.inspect().peers, it.gossip.nextAtMs]).toEqual([0, undefined])
    it.gossip.closed('p0')
    it.gossip.asked('p1', 0)
    tell(it, 'p2', entry(2))
    expect(it.told).toEqual([])
  })
})
