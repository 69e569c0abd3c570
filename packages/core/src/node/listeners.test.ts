// What listeners and hooks are told, in which order, and that what one of them throws stays its own.
import { describe, expect, it } from 'vitest'
import { createLineLogger } from '../base/line-logger.ts'
import { systemClock } from '../base/clock.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { testNetwork } from '../testing/test-network.ts'
import { parseAddress } from '../wire/address.ts'
import type { Link, LinkSink, Transport } from '../wire/link.ts'
import type { Peer } from '../wire/peer.ts'
import type { Offer, ProtocolHooks } from '../wire/protocol.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

/** What node 0 tells, as lines with the number of peers in its set at that moment. */
async function watch(hooks: (node: () => Node) => ProtocolHooks = () => ({}), count = 2) {
  const told: string[] = []
  const node = (): Node => world.nodes[0]!
  const own = hooks(node)
  const watched: ProtocolHooks = {
    opened: (peer) => {
      told.push(`opened, ${node().peers.length} in the set`)
      own.opened?.(peer)
    },
    received: () => void told.push('received'),
    closed: (peer, error) => {
      told.push(`closed, ${node().peers.length} in the set`)
      own.closed?.(peer, error)
    },
  }
  const say = (_: Peer, line: string): void => void told.push(`said ${line}`)
  const world = await testNetwork(count, (index) => [chat.with({ say }, index === 0 ? watched : {})])
  node().on('peer:added', () => told.push(`peer:added, ${node().peers.length} in the set`))
  node().on('peer:removed', () => told.push(`peer:removed, ${node().peers.length} in the set`))
  return { world, told, node }
}

/** What hooks throw is written somewhere else. */
const MUTE = createLineLogger({ level: 'error', clock: systemClock, write: () => undefined })

const WHOLE_LIFE = [
  'opened, 1 in the set',
  'peer:added, 1 in the set',
  'received',
  'said hello',
  'closed, 0 in the set',
  'peer:removed, 0 in the set',
]

describe('the life of a peer is told', () => {
  it.each([
    ['by the remote', (peer: Peer) => peer.disconnect(), () => undefined],
    ['by us', () => undefined, (own: Peer) => own.disconnect(DiscReason.uselessPeer)],
    ['by both at once', (peer: Peer) => peer.disconnect(), (own: Peer) => own.disconnect()],
  ])('in order and each part once, when it is ended %s', async (_, theirs, ours) => {
    const { world, told, node } = await watch()
    const peer = await world.connect(1, 0)
    await peer.send(chat, 'say', 'hello')
    await world.advance(100)
    const own = node().peers[0]!
    theirs(peer)
    ours(own)
    await world.advance(2000)
    expect(told).toEqual(WHOLE_LIFE)
    await world.close()
    await world.advance(60_000)
    expect(told).toEqual(WHOLE_LIFE)
  })

  it.each([
    ['the link breaks', (network: { cut(host: string): number }) => network.cut('node0')],
    ['the node closes', (_: unknown, node: Node) => node.close()],
  ])('in order and once, when %s', async (_, end) => {
    const { world, told, node } = await watch()
    const peer = await world.connect(1, 0)
    await peer.send(chat, 'say', 'hello')
    await world.advance(100)
    void end(world.network, node())
    await world.advance(2000)
    expect(told).toEqual(WHOLE_LIFE)
    await world.close()
  })

  it('also when it ends while it is being told of', async () => {
    for (const where of ['opened', 'peer:added'] as const) {
      const { world, told, node } = await watch(() => ({
        opened: (peer) => where === 'opened' && peer.disconnect(DiscReason.uselessPeer),
      }))
      if (where === 'peer:added') node().on('peer:added', (peer) => peer.disconnect(DiscReason.uselessPeer))
      const removals: number[] = []
      node().on('peer:removed', ({ error }) => removals.push(Number(error.reason)))
      await world.connect(1, 0).catch(() => undefined)
      await world.advance(2000)
      expect(told.filter((line) => line !== 'received' && !line.startsWith('said'))).toEqual([
        'opened, 1 in the set',
        'peer:added, 1 in the set',
        'closed, 0 in the set',
        'peer:removed, 0 in the set',
      ])
      expect(removals).toEqual([DiscReason.uselessPeer])
      await world.close()
    }
  })

  it('to each protocol in a pair: the end to those that were told of the beginning, whatever they threw', async () => {
    const three = ['first', 'second', 'third'].map((name) =>
      defineProtocol({ name, version: 1, messages: { say: message(0, text) } }),
    )
    for (const bad of [0, 1, 2, 3]) {
      const told: string[] = []
      const offers = three.map((protocol, i) =>
        protocol.with(
          {},
          {
            opened: () => {
              told.push(`opened ${i}`)
              if (i === bad) throw new Error('no')
            },
            closed: () => {
              told.push(`closed ${i}`)
              throw new Error('neither')
            },
          },
        ),
      )
      const plain = three.map((protocol) => protocol.with({}))
      const world = await testNetwork(2, (index) => (index === 0 ? offers : plain), {
        options: () => ({ logger: MUTE }),
      })
      world.nodes[0]!.on('peer:added', () => told.push('added'))
      world.nodes[0]!.on('peer:removed', () => told.push('removed'))
      const peer = await world.connect(1, 0)
      await world.advance(100)
      if (bad === 3) peer.disconnect()
      await world.advance(2000)
      const seen = Math.min(bad + 1, 3)
      const opened = Array.from({ length: seen }, (_, i) => `opened ${i}`)
      const closed = Array.from({ length: seen }, (_, i) => `closed ${i}`)
      expect(told).toEqual([...opened, 'added', ...closed, 'removed'])
      await world.close()
    }
  })

  it('also when its link ends within the call that ends it', async () => {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock })
    const inner = network.transport('here')
    const abrupt: Transport = {
      ...inner,
      dial: async (endpoint, options) => abruptLink(await inner.dial(endpoint, options)),
    }
    const told: string[] = []
    const gone = new PeerError('link lost', DiscReason.networkError, 'gone')
    const offer = chat.with({}, { opened: (peer) => peer.fail(gone), closed: () => told.push('closed') })
    const make = (transport: Transport, protocol: Offer): Node =>
      createNode({ privateKey: generatePrivateKey(), transports: [transport], protocols: [protocol], clock })
    const [node, other] = [make(abrupt, offer), make(network.transport('there', { listen: true }), chat.with({}))]
    await Promise.all([node.start(), other.start()])
    node.on('peer:added', () => told.push('added'))
    node.on('peer:removed', () => told.push('removed'))
    await expect(node.dial(other.addresses[0]!)).rejects.toBe(gone)
    expect([told, node.peers]).toEqual([['added', 'closed', 'removed'], []])
    await Promise.all([node.close(), other.close(), clock.advanceAsync(2000)])
  })

  it('so that whoever hears of a removal can dial the same node again at once', async () => {
    const { world, node } = await watch()
    const peer = await world.connect(0, 1)
    const redialed = new Promise<Peer>((resolve, reject) => {
      node().once('peer:removed', () => void node().dial(world.nodes[1]!.addresses[0]!).then(resolve, reject))
    })
    peer.disconnect()
    const again = await world.until(redialed)
    expect(again).not.toBe(peer)
    expect(again.id).toBe(peer.id)
    expect(node().peers).toEqual([again])
    await world.close()
  })
})

describe('a listener that throws', () => {
  it('is written to the log, and neither other listeners nor other peers notice', async () => {
    const lines: string[] = []
    const logger = createLineLogger({ clock: systemClock, level: 'error', write: (line) => lines.push(line) })
    const world = await testNetwork(4, [chat.with({})], { options: (index) => (index === 0 ? { logger } : {}) })
    const [node] = world.nodes
    const { endpoint } = parseAddress(world.nodes[1]!.addresses[0]!)
    const heard: string[] = []
    const names = ['peer:added', 'peer:removed', 'setup:failed', 'dial:failed'] as const
    for (const name of names) {
      node!.on(name, () => {
        throw new Error(`thrown in ${name}`)
      })
      node!.on(name, () => heard.push(name))
    }
    const peer = await world.connect(1, 0)
    await world.connect(2, 0)
    peer.disconnect()
    await world.advance(2000)
    await world.until(node!.dial(node!.addresses[0]!).catch(() => undefined))
    await world.until(node!.dial({ publicKey: world.nodes[3]!.publicKey, endpoint }).catch(() => undefined))
    expect(new Set(heard)).toEqual(new Set(names))
    for (const name of names) expect(lines.join('\n')).toContain(`a listener of ${name} threw`)
    expect(node!.peers.map(({ id }) => id)).toEqual([world.nodes[2]!.id])
    expect(node!.peers[0]!.error).toBeUndefined()
    await world.close()
  })

  it('once, or removed by its signal, is not called again', async () => {
    const { world, node } = await watch()
    let calls = 0
    const over = new AbortController()
    node().once('peer:added', () => void calls++)
    node().on('peer:added', () => void (calls += 10), { signal: over.signal })
    const stop = node().on('peer:added', () => void (calls += 100))
    const first = await world.connect(1, 0)
    over.abort()
    stop()
    first.disconnect()
    await world.advance(2000)
    await world.connect(1, 0)
    expect(calls).toBe(111)
    await world.close()
  })
})

/** A link that tells its end from inside `abort`, as the contract lets it. */
function abruptLink(link: Link): Link {
  let end: LinkSink['end'] | undefined
  return new Proxy(link, {
    get: (target, name: keyof Link) => {
      if (name === 'open') {
        return (sink: LinkSink) => {
          end = (error) => sink.end(error)
          target.open({
            bytes: (chunk) => sink.bytes(chunk),
            drain: () => sink.drain(),
            end: (error) => {
              end?.(error)
              end = undefined
            },
          })
        }
      }
      if (name === 'abort') {
        return (error?: PeerError) => {
          end?.(error)
          end = undefined
          target.abort(error)
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
