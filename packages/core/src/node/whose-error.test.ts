// Who made an error counts, not who passes it on: no peer is ended, or remembered, for what another one did.
import { describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import { silentLogger } from '../base/log.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isMisdeed } from '../errors/meaning.ts'
import { PeerError } from '../errors/peer-error.ts'
import { text, uint } from '../protocols/codecs.ts'
import { defineProtocol, message, request } from '../protocols/define-protocol.ts'
import { standing } from '../standing/standing.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { Peer } from '../wire/peer.ts'
import type { Handlers } from '../wire/protocol.ts'

const chain = defineProtocol({
  name: 'chain',
  version: 1,
  messages: {
    ask: request(0, text, 1, text, { maxBytes: 100, timeoutMs: 500, fits: (_, a) => a !== 'lie' || 'a lie' }),
    say: message(2, text),
  },
})
type ChainHandlers = Handlers<(typeof chain)['messages']>

/** Node 0 asks node 1, whose handler asks node 2. */
async function chainOf(last: ChainHandlers) {
  const guard = standing()
  const hub = chain.with({ ask: (_, question) => upstream.request(chain, 'ask', question) })
  const offers = [chain.with({}), hub, chain.with(last)]
  const options = (index: number) => ({ logger: silentLogger, ...(index === 1 ? { plugins: [guard] } : {}) })
  const world = await testNetwork(3, (index) => [offers[index]!], { options })
  const removed = new Map<string, PeerError>()
  world.nodes[1]!.on('peer:removed', ({ peer, error }) => removed.set(peer.id, error))
  const upstream = await world.connect(1, 2)
  const peer = await world.connect(0, 1)
  return { world, peer, guard, removedByHub: (node: number) => removed.get(world.nodes[node]!.id) }
}

describe('a handler that asks another peer', () => {
  it('ends its own as `handler failed` when that one lies, and only the liar is remembered', async () => {
    const { world, peer, guard, removedByHub } = await chainOf({ ask: () => 'lie' })
    await expect(world.until(peer.request(chain, 'ask', 'q', { timeoutMs: 3000 }))).rejects.toMatchObject({
      name: 'PeerError',
    })
    await world.advance(1000)
    const lie = removedByHub(2)
    expect(lie).toMatchObject({ code: 'unexpected answer' })
    expect(removedByHub(0)).toMatchObject({ code: 'handler failed', origin: 'program', cause: lie })
    const [asker, , liar] = world.nodes.map(({ publicKey }) => guard.judge!({ publicKey }))
    expect([asker, liar]).toEqual([undefined, 'discouraged'])
    await world.close()
  })

  it('ends its own as `handler failed` when that one is slow, or goes', async () => {
    const slow = await chainOf({ ask: () => new Promise<string>(() => undefined) })
    await expect(slow.world.until(slow.peer.request(chain, 'ask', 'q', { timeoutMs: 3000 }))).rejects.toMatchObject({
      name: 'PeerError',
    })
    await slow.world.advance(1000)
    expect(slow.removedByHub(0)).toMatchObject({ code: 'handler failed', cause: { code: 'request timeout' } })
    expect(slow.removedByHub(2)).toBeUndefined()
    const gone = await chainOf({
      ask: (peer) => {
        peer.disconnect()
        return 'x'
      },
    })
    await expect(gone.world.until(gone.peer.request(chain, 'ask', 'q', { timeoutMs: 3000 }))).rejects.toMatchObject({
      name: 'PeerError',
    })
    await gone.world.advance(1000)
    expect(gone.removedByHub(0)).toMatchObject({ code: 'handler failed', cause: gone.removedByHub(2) })
    for (const { world, guard } of [slow, gone]) {
      expect(guard.inspect!()).toMatchObject({ discouraged: 0 })
      await world.close()
    }
  })
})

describe('an error that a handler throws', () => {
  const made = (owner?: object) => new PeerError('invalid message', DiscReason.breachOfProtocol, 'no verse', { owner })
  it.each<[string, (peer: Peer) => unknown, object]>([
    ['that it made ends its peer as it stands', () => made(), { code: 'invalid message', message: 'no verse' }],
    ['made for its peer does so, too', (peer) => made(peer), { code: 'invalid message', message: 'no verse' }],
    ['given to `fail` is the peer’s', (peer) => (peer.fail(made()), made()), { code: 'invalid message' }],
    ['made for somebody else is the handler’s', () => made({}), { code: 'handler failed', message: 'no verse' }],
    ['of any other kind is the handler’s', () => new RangeError('5'), { code: 'handler failed', message: '5' }],
  ])('%s', async (_, thrown, wanted) => {
    const say = (peer: Peer): void => {
      throw thrown(peer)
    }
    const world = await testNetwork(2, [chain.with({ say })], { options: () => ({ logger: silentLogger }) })
    const peer = await world.connect(0, 1)
    const [remote] = world.nodes[1]!.peers
    void peer.send(chain, 'say', 'x')
    await world.advance(1000)
    expect(remote!.error).toMatchObject(wanted)
    await world.close()
  })

  it('is that of the first peer that it ends: thrown again for another, it is the handler’s failure', async () => {
    const once = made()
    const say = (): void => {
      throw once
    }
    const world = await testNetwork(3, [chain.with({ say })], { options: () => ({ logger: silentLogger }) })
    const peers = [await world.connect(1, 0), await world.connect(2, 0)]
    const remotes = world.nodes[0]!.peers
    for (const peer of peers) {
      void peer.send(chain, 'say', 'x')
      await world.advance(1000)
    }
    expect(remotes.map(({ error }) => error?.code)).toEqual(['invalid message', 'handler failed'])
    expect(remotes[1]!.error!.cause).toBe(once)
    await world.close()
  })

  it('that a dial gave is the handler’s failure', async () => {
    const nowhere = `memory://${'ab'.repeat(64)}@node9:1`
    const world = await testNetwork(
      2,
      (index) => [chain.with(index === 1 ? { say: async () => void (await world.nodes[1]!.dial(nowhere)) } : {})],
      { options: () => ({ logger: silentLogger }) },
    )
    const peer = await world.connect(0, 1)
    const [remote] = world.nodes[1]!.peers
    void peer.send(chain, 'say', 'x')
    await world.advance(1000)
    expect(remote!.error).toMatchObject({ code: 'handler failed', cause: { code: 'dial failed' } })
    await world.close()
  })

  it('when it is the goodbye that it waited through is no news; anything else is', async () => {
    const gate = createDeferred<void>()
    const noted: string[] = []
    const logger = { enabled: () => true, log: (level: string, text: string) => void noted.push(`${level}: ${text}`) }
    const say = async (peer: Peer, line: string): Promise<void> => {
      await gate.promise
      if (line === 'bug') throw new Error('a bug')
      await peer.send(chain, 'say', line)
    }
    const world = await testNetwork(3, [chain.with({ say })], { options: (index) => (index === 0 ? { logger } : {}) })
    const peers = [await world.connect(1, 0), await world.connect(2, 0)]
    for (const peer of peers) void peer.send(chain, 'say', peer === peers[0] ? 'hello' : 'bug')
    await world.advance(1000)
    for (const peer of peers) peer.disconnect()
    await world.advance(1000)
    expect(noted.filter((line) => line.startsWith('error'))).toEqual([])
    gate.resolve()
    await world.advance(1000)
    const failed = noted.filter((line) => line.startsWith('error'))
    expect(failed).toEqual(['error: a handler failed after its peer had ended'])
    await world.close()
  })
})

describe('asking for what the other has no handler for', () => {
  const calc = defineProtocol({ name: 'calc', version: 1, messages: { double: request(0, uint, 1, uint) } })

  it('is answered: both live on, and nobody has done wrong', async () => {
    const guard = standing()
    const options = (index: number) => (index === 1 ? { plugins: [guard] } : {})
    const world = await testNetwork(2, (index) => [calc.with(index === 0 ? { double: (_, v) => 2 * v } : {})], {
      options,
    })
    const peer = await world.connect(0, 1)
    for (let i = 0; i < 3; i++) {
      const refused = await world.until(peer.request(calc, 'double', i).catch((error: unknown) => error))
      expect(refused).toMatchObject({ code: 'not served', origin: 'remote' })
      expect(String(refused)).toContain('the remote has no handler for calc.double')
      expect(isMisdeed(refused as PeerError)).toBe(false)
    }
    expect(await world.until(world.nodes[1]!.peers[0]!.request(calc, 'double', 4))).toBe(8)
    expect(peer.error).toBeUndefined()
    expect(guard.inspect!()).toMatchObject({ discouraged: 0 })
    await world.close()
  })
})
