// A node and a few strangers who dial, answer, greet, fall silent and hang up by chance: what its records always hold.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { World } from '../../test/strangers.ts'
import type { Keys, Stranger } from '../../test/strangers.ts'
import type { Clock } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { Peer } from '../wire/peer.ts'

const KEYS = 2
const HOSTS = ['stranger', 'elsewhere'] as const
/** Looks at the clock that one event may take; some hundred are usual, a loop takes as many as there is time for. */
const MAX_LOOKS = 20_000

const DOINGS = [
  'dial',
  'abort',
  'answer',
  'inbound',
  'come',
  'greet',
  'goodbye',
  'hang up',
  'answer pings',
  'disconnect',
  'want',
  'want no more',
  'trust',
  'swallow',
  'pass',
] as const

interface Event {
  readonly does: (typeof DOINGS)[number]
  /** Which key, and of several links or dials which one. */
  readonly who: number
  readonly which: number
  readonly ms: number
}

const events = fc.array(
  fc.record<Event>({
    does: fc.constantFrom(...DOINGS, 'come', 'come', 'come', 'greet', 'greet', 'answer', 'disconnect', 'disconnect'),
    who: fc.nat({ max: KEYS - 1 }),
    which: fc.nat({ max: 5 }),
    ms: fc.constantFrom(0, 1, 200, 1100, 3000, 16_000),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
)
const run = fc.record({ events, maxPeers: fc.constantFrom(1, 2, 5), makesRoom: fc.boolean() })

class Play {
  readonly world = new World()
  readonly keys: Keys[] = Array.from({ length: KEYS }, () => this.world.newKeys())
  readonly strangers: Stranger[] = []
  readonly controllers: AbortController[] = []
  /** Peers that are told to have come and not yet to have gone. */
  readonly peers = new Set<Peer>()
  /** What listeners saw that must not be. */
  readonly wrong: string[] = []
  /** Peers that ended during the latest event, and those that had ended before. */
  readonly ending: Peer[] = []
  readonly ended = new Set<Peer>()
  readonly swallowed = new Set<string>()
  looks = 0
  closed = false

  async start(maxPeers: number, makesRoom: boolean): Promise<void> {
    const { clock } = this.world
    const counted: Clock = {
      now: () => {
        if (++this.looks > MAX_LOOKS) throw new Error('one event keeps the node busy without end')
        return clock.now()
      },
      wallNow: () => clock.wallNow(),
      setTimer: (ms, fn) => clock.setTimer(ms, fn),
    }
    const admission = makesRoom ? { admission: (inbound: readonly { id: string }[]) => inbound[0]?.id } : {}
    await this.world.start({ clock: counted, maxPeers, maxInbound: maxPeers, ...admission })
    const { node } = this.world
    node.on('peer:added', (peer) => {
      for (const other of this.peers) if (other.id === peer.id) this.wrong.push('a second peer of one key was added')
      this.peers.add(peer)
    })
    node.on('peer:removed', ({ peer }) => {
      this.ending.push(peer)
      if (!this.peers.delete(peer)) this.wrong.push('a peer was removed that was not there')
    })
    for (const name of ['peer:added', 'peer:removed', 'setup:failed', 'dial:failed'] as const) {
      node.on(name, () => void (this.closed && this.wrong.push(`${name} after close`)))
    }
  }

  /** What is under way between the node and a host, or isn't any more: then goodbyes take their time. */
  swallow(host: string): void {
    const on = !this.swallowed.delete(host)
    if (on) this.swallowed.add(host)
    this.world.network.blackHole('node', host, on)
  }

  async take({ does, who, which, ms }: Event): Promise<void> {
    const { world, strangers, controllers } = this
    const { node } = world
    const keys = this.keys[who]!
    const { publicKey } = keys
    const endpoint = world.endpoints[which % 2]!
    const stranger = strangers[strangers.length - 1 - (which % Math.max(1, strangers.length))]
    this.looks = 0
    for (const peer of this.ending.splice(0)) this.ended.add(peer)
    if (does === 'dial') {
      const controller = new AbortController()
      controllers.push(controller)
      const { signal } = controller
      node.dial({ publicKey, endpoint }, { signal }).then(
        // One that ends in the same moment may be both given and ended.
        (peer) => void (this.ended.has(peer) && this.wrong.push('a dial gave a peer that had ended')),
        () => undefined,
      )
    } else if (does === 'abort') controllers[which % Math.max(1, controllers.length)]?.abort()
    else if (does === 'answer') {
      const answered = world.answer(keys, which === 5)
      if (answered) strangers.push(answered)
    } else if (does === 'inbound' || does === 'come') {
      const host = HOSTS[which % 2]!
      if (this.swallowed.has(host)) return
      const newcomer = await world.inbound(keys, does === 'inbound' && which === 5, host)
      strangers.push(newcomer)
      if (does === 'come' && newcomer.isReady && !newcomer.over) newcomer.greet()
    } else if (does === 'swallow') this.swallow(HOSTS[which % 2]!)
    else if (does === 'greet') {
      if (stranger?.isReady && !stranger.over) stranger.greet()
    } else if (does === 'goodbye') {
      if (stranger?.isReady && !stranger.over) stranger.sayGoodbye(DiscReason.requested)
    } else if (does === 'hang up') stranger?.hangUp()
    else if (does === 'answer pings') {
      if (stranger) stranger.answers = which % 2 === 0
    } else if (does === 'disconnect') node.peers[which % Math.max(1, node.peers.length)]?.disconnect()
    else if (does === 'want') node.addPersistent({ publicKey, endpoint })
    else if (does === 'want no more') node.removePersistent({ publicKey, endpoint })
    else if (does === 'trust') node[which % 2 ? 'addTrusted' : 'removeTrusted'](publicKey)
    await world.pass(does === 'pass' ? ms : 0)
  }

  check(): void {
    const { node } = this.world
    const { peers, setUps, connections, dialing } = node.inspect()
    expect(this.wrong).toEqual([])
    expect(new Set(node.peers)).toEqual(this.peers)
    const living = peers.filter(({ state }) => state === 'connected')
    expect(new Set(living.map(({ id }) => id)).size).toBe(living.length)
    expect(living.length).toBeLessThanOrEqual(node.inspect().maxPeers + KEYS)
    const numbers = [...peers, ...setUps].map(({ connection }) => connection)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(connections.map(({ connection }) => connection)).toEqual(expect.arrayContaining(numbers))
    if (!dialing) return
    // What the dialer counts is what there is.
    const known = [...this.peers].map(({ id, direction }) => `${id} ${direction}`).toSorted()
    expect(dialing.connected.map(({ id, direction }) => `${id} ${direction}`).toSorted()).toEqual(known)
    for (const { connection, id } of dialing.connected) {
      expect(peers).toContainEqual(expect.objectContaining({ connection, id }))
    }
    const inbound = setUps.filter(({ direction }) => direction === 'inbound')
    const idsOf = (...phases: string[]) => inbound.filter(({ phase }) => phases.includes(phase)).map(({ id }) => id)
    expect(idsOf('hello', 'held')).toEqual(expect.arrayContaining([...dialing.pendingInbound]))
    expect(dialing.pendingInbound).toEqual(expect.arrayContaining(idsOf('hello')))
    const outbound = connections.filter(({ direction }) => direction === 'outbound').map(({ id }) => id)
    expect(outbound).toEqual(expect.arrayContaining(dialing.dialing.map(({ id }) => id)))
  }

  async close(): Promise<void> {
    const { node, clock } = this.world
    let left: unknown
    this.looks = 0
    const closing = node.close().then(() => {
      this.closed = true
      left = [clock.pendingTimers, node.inspect().connections, node.peers, this.peers.size]
    })
    for (let i = 0; i < 30 && !left; i++) await this.world.pass(50)
    await closing
    expect(left).toEqual([0, [], [], 0])
    for (const stranger of this.strangers) stranger.hangUp()
    await this.world.pass(60_000)
    expect([clock.pendingTimers, this.wrong]).toEqual([0, []])
  }
}

describe('the connections of a node, whatever happens', () => {
  it(
    'are one living peer of a key at most, counted alike by node and dialer, and none after close',
    { timeout: rounds(120_000, 2_400_000) },
    async () => {
      await fc.assert(
        fc.asyncProperty(run, async ({ events: given, maxPeers, makesRoom }) => {
          const play = new Play()
          await play.start(maxPeers, makesRoom)
          for (const event of given) {
            await play.take(event)
            play.check()
          }
          await play.close()
        }),
        { numRuns: rounds(8, 1000), endOnFailure: true },
      )
    },
  )
})
