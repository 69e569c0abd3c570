// The lives of a node and go-ethereum together: limits, restarts, meeting halfway, sudden death and silence.
import { describe, expect } from 'vitest'
import { dialPolicy, DiscReason, fromHex, generatePrivateKey, toHex } from '@peerwire/core'
import type { NodeLimits, Removal } from '@peerwire/core'
import { rounds } from '../support/counts.ts'
import { claimPort } from '../support/ports.ts'
import type { GethPeer } from './support/gethpeer.ts'
import { startHalfOpenProxy } from './support/half-open.ts'
import { it } from './support/it.ts'
import { incompressible } from './support/payloads.ts'

/** How much later than due a deadline of a peer may be looked at. */
const SLOT_MS = 1000
/** What else runs on the machine. */
const GRACE_MS = 3000

const block = incompressible(65_536)

function portOf(address: string): number {
  return Number(address.split(':').at(-1))
}

/** `enode://KEY@127.0.0.1:PORT` with another port. */
function at(enode: string, port: number): string {
  return enode.replace(/:\d+(\?.*)?$/, `:${port}`)
}

function signal(geth: GethPeer, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = Number(geth.events.find(({ event }) => event === 'listening')?.['pid'])
  if (!(pid > 1)) throw new Error(`gethpeer told no process id but ${pid}`)
  process.kill(pid, name)
}

function expectWithin({ durationMs }: Removal, limitMs: number): void {
  expect(durationMs).toBeGreaterThanOrEqual(limitMs)
  expect(durationMs).toBeLessThan(limitMs + SLOT_MS + GRACE_MS)
}

describe('the most peers', () => {
  it('of geth are not for those it trusts', async ({ gethpeer, testNode }) => {
    const privateKey = generatePrivateKey()
    const friend = await testNode({ privateKey })
    const trusts = ['-trusted', toHex(friend.node.publicKey)]
    const geth = await gethpeer('-maxpeers', '1', '-nodial', '-dialratio', '0', ...trusts)
    const first = await testNode()
    const stranger = await testNode()
    await first.node.dial(geth.enode)
    await expect(stranger.node.dial(geth.enode)).rejects.toMatchObject({
      code: 'remote disconnect reason',
      reason: DiscReason.tooManyPeers,
    })
    await friend.node.dial(geth.enode)
    expect(await geth.waitFor('peer', ({ id }) => id === friend.node.id)).toMatchObject({ trusted: true })
    expect([first, friend].map(({ node }) => node.peers.length)).toEqual([1, 1])
  })

  it('of ours are not for those we trust, whoever dials', async ({ gethpeer, testNode }) => {
    const ours = await testNode({ maxPeers: 1, maxInbound: 1 })
    const first = await gethpeer('-listen', '', '-dial', ours.address)
    await first.waitFor('peer')
    const geth = await gethpeer()
    await expect(ours.node.dial(geth.enode)).rejects.toMatchObject({
      code: 'disconnect reason',
      reason: DiscReason.tooManyPeers,
    })
    // Without a free place nobody is dialed: geth has heard nothing of it.
    ours.node.addTrusted(fromHex(geth.publicKey))
    expect(await ours.node.dial(geth.enode)).toMatchObject({ trusted: true, direction: 'outbound' })
    await geth.waitFor('peer')
    expect(ours.node.peers.map(({ id }) => id)).toEqual([first.id, geth.id])
  })

  it('leave a place when a peer has gone', async ({ gethpeer, testNode }) => {
    const ours = await testNode({ maxPeers: 1, maxInbound: 1 })
    const first = await gethpeer('-listen', '', '-dial', ours.address)
    await first.waitFor('peer')
    const removal = ours.removal()
    await first.stop()
    await removal
    const second = await gethpeer('-listen', '', '-dial', ours.address)
    await second.waitFor('peer')
    expect(ours.node.peers.map(({ id }) => id)).toEqual([second.id])
  })
})

describe('a persistent geth', () => {
  for (const [how, end, code] of [
    ['quits', 'stop', 'remote disconnect reason'],
    ['is killed', 'kill', 'link lost'],
  ] as const) {
    it(`that ${how} is dialed again when it is back on its port`, async ({ gethpeer, testNode }) => {
      const key = toHex(generatePrivateKey())
      const listen = `127.0.0.1:${await claimPort()}`
      const geth = await gethpeer('-listen', listen, '-key', key)
      const ours = await testNode({ dialing: dialPolicy({ retryMaxMs: 100 }) })
      const added = ours.next('peer:added')
      ours.node.addPersistent(geth.enode)
      expect(await added).toMatchObject({ id: geth.id, persistent: true, direction: 'outbound' })
      // Ended before its own end of the connection is a peer, geth says no goodbye.
      await geth.waitFor('peer')
      const [removal, failure] = [ours.removal(), ours.next('dial:failed')]
      await geth[end]()
      expect(await removal).toMatchObject({ error: { code } })
      expect(await failure).toMatchObject({ persistent: true, error: { code: 'dial failed' } })
      await ours.next('dial:failed')
      expect(ours.node.explain(fromHex(geth.publicKey)).lastError?.code).toBe('dial failed')
      const back = ours.next('peer:added')
      const again = await gethpeer('-listen', listen, '-key', key)
      expect(await back).toMatchObject({ id: geth.id, persistent: true })
      await again.waitFor('peer')
      expect(ours.node.peers).toHaveLength(1)
    })
  }
})

describe('dialing each other at once', () => {
  it('ends with exactly one connection', async ({ gethpeer, testNode }) => {
    for (let round = 0; round < rounds(8, 100); round++) {
      const ours = await testNode()
      // It dials as soon as it has told its address, which is when we do.
      const geth = await gethpeer('-echo', '-dial', ours.address)
      const peer = await ours.node.dial(geth.enode)
      await geth.waitFor('peer')
      await peer.send(ours.protocol(), '3', Uint8Array.of(0xc0))
      await ours.received(1)
      expect(ours.node.peers).toEqual([peer])
      expect(peer.error).toBeUndefined()
      expect(ours.node.inspect().setUps.filter(({ phase }) => phase === 'peer')).toEqual([])
      const added = geth.events.filter(({ event }) => event === 'peer')
      const dropped = geth.events.filter(({ event }) => event === 'drop')
      expect(added.length - dropped.length).toBe(1)
      await ours.node.close()
      await geth.kill()
    }
  })
})

describe('sudden death', () => {
  it('of a geth that dialed us is a lost link, at once', async ({ gethpeer, testNode }) => {
    const ours = await testNode()
    const geth = await gethpeer('-listen', '', '-dial', ours.address)
    await geth.waitFor('peer')
    await ours.peer()
    const removal = ours.removal()
    const startMs = performance.now()
    await geth.kill()
    expect(await removal).toMatchObject({
      error: { code: 'link lost', reason: DiscReason.networkError },
      remoteRequested: false,
    })
    expect(performance.now() - startMs).toBeLessThan(GRACE_MS)
    expect(ours.node.peers).toEqual([])
  })

  it('while messages are under way both ways is a lost link, and whoever sends is told', async ({
    gethpeer,
    testNode,
  }) => {
    const geth = await gethpeer('-flood', '1000,1000000,5', '-quietmsg')
    const ours = await testNode()
    const peer = await ours.node.dial(geth.enode)
    await ours.received(100)
    const removal = ours.removal()
    const sending = (async () => {
      for (;;) await peer.send(ours.protocol(), '5', block)
    })().catch((error: unknown) => error)
    await geth.kill()
    const { error } = await removal
    expect(error).toMatchObject({ code: 'link lost', reason: DiscReason.networkError })
    expect(await sending).toBe(error)
  })
})

/** Short enough to wait for, long enough for a machine that does other things. */
const LIMITS: Partial<NodeLimits> = { pingAfterMs: 500, readTimeoutMs: 1500, writeTimeoutMs: 1500 }

describe('a link that is half open', () => {
  it('which we opened ends by the read limit', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer()
    const proxy = await startHalfOpenProxy(geth.port)
    cleanUp(() => proxy.close())
    const ours = await testNode({ limits: LIMITS })
    await ours.node.dial(at(geth.enode, proxy.port))
    await geth.waitFor('peer')
    const removal = ours.removal()
    proxy.freeze()
    const ended = await removal
    expect(ended).toMatchObject({
      error: { code: 'read timeout', reason: DiscReason.readTimeout },
      remoteRequested: false,
    })
    expectWithin(ended, LIMITS.readTimeoutMs!)
    expect(ours.node.peers).toEqual([])
  })

  it('which geth opened ends by the read limit', async ({ gethpeer, testNode, cleanUp }) => {
    const ours = await testNode({ limits: LIMITS })
    const proxy = await startHalfOpenProxy(portOf(ours.address))
    cleanUp(() => proxy.close())
    const geth = await gethpeer('-listen', '', '-dial', at(ours.address, proxy.port))
    await geth.waitFor('peer')
    await ours.peer()
    const removal = ours.removal()
    proxy.freeze()
    const ended = await removal
    expect(ended).toMatchObject({ error: { code: 'read timeout', reason: DiscReason.readTimeout } })
    expectWithin(ended, LIMITS.readTimeoutMs!)
  })

  it('that is quiet but whole lives on: geth answers our pings', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer('-echo')
    const proxy = await startHalfOpenProxy(geth.port)
    cleanUp(() => proxy.close())
    const ours = await testNode({ limits: { ...LIMITS, pingAfterMs: 100, readTimeoutMs: 5000 } })
    const quiet = await testNode({ limits: LIMITS })
    const peer = await ours.node.dial(at(geth.enode, proxy.port))
    // Another link that freezes shows that more than the read limit has passed.
    const frozen = await startHalfOpenProxy(geth.port)
    cleanUp(() => frozen.close())
    await quiet.node.dial(at(geth.enode, frozen.port))
    const removal = quiet.removal()
    frozen.freeze()
    await removal
    await peer.send(ours.protocol(), '3', Uint8Array.of(0xc0))
    await ours.received(1)
    expect(peer.error).toBeUndefined()
  })
})

describe('a geth that stands still', () => {
  it('ends by the write limit while we send and wait', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer('-quietmsg')
    const ours = await testNode({ limits: { ...LIMITS, readTimeoutMs: 60_000 } })
    const peer = await ours.node.dial(geth.enode)
    await geth.waitFor('peer')
    const removal = ours.removal()
    cleanUp(() => signal(geth, 'SIGCONT'))
    signal(geth, 'SIGSTOP')
    const sending = (async () => {
      for (;;) await peer.send(ours.protocol(), '5', block)
    })().catch((error: unknown) => error)
    const ended = await removal
    expect(ended).toMatchObject({ error: { code: 'write timeout', reason: DiscReason.networkError } })
    expectWithin(ended, LIMITS.writeTimeoutMs!)
    expect(await sending).toBe(ended.error)
  })

  it('ends by the bound of the queue while we send and do not wait', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer('-quietmsg')
    const ours = await testNode({ limits: { outboxBytes: 4 * 1024 * 1024 } })
    const peer = await ours.node.dial(geth.enode)
    await geth.waitFor('peer')
    const removal = ours.removal()
    cleanUp(() => signal(geth, 'SIGCONT'))
    signal(geth, 'SIGSTOP')
    while (!peer.error) {
      for (let i = 0; i < 8 && !peer.error; i++) void peer.send(ours.protocol(), '5', block)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await removal).toMatchObject({ error: { code: 'send queue full', reason: DiscReason.networkError } })
    await expect(peer.send(ours.protocol(), '5', block)).rejects.toBe(peer.error)
  })

  it('ends by the read limit while nobody sends', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer()
    const ours = await testNode({ limits: LIMITS })
    await ours.node.dial(geth.enode)
    await geth.waitFor('peer')
    const removal = ours.removal()
    cleanUp(() => signal(geth, 'SIGCONT'))
    signal(geth, 'SIGSTOP')
    const ended = await removal
    expect(ended).toMatchObject({ error: { code: 'read timeout', reason: DiscReason.readTimeout } })
    expectWithin(ended, LIMITS.readTimeoutMs!)
  })

  it('is not waited for longer than a handshake may take', async ({ gethpeer, testNode, cleanUp }) => {
    const geth = await gethpeer()
    const ours = await testNode({ limits: { encryptionMs: 500 } })
    cleanUp(() => signal(geth, 'SIGCONT'))
    signal(geth, 'SIGSTOP')
    const startMs = performance.now()
    await expect(ours.node.dial(geth.enode)).rejects.toMatchObject({
      code: 'setup timeout',
      reason: DiscReason.readTimeout,
    })
    expect(performance.now() - startMs).toBeLessThan(500 + GRACE_MS)
    expect(ours.node.inspect().setUps).toEqual([])
  })
})
