// Whom a node refuses and slights: an operator's bans, and peers that did wrong.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { silentLogger } from '../base/log.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isMisdeed } from '../errors/meaning.ts'
import { PeerError } from '../errors/peer-error.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { Keeper } from '../keeping/keeper.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import { BanList, MAX_BANS } from './ban-list.ts'
import type { Ban } from './ban-list.ts'
import { banForm, bansOf } from './ban-store.ts'
import type { NodeOptions } from '../node/options.ts'
import { standing } from './standing.ts'
import type { Standing } from './standing.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

interface World extends TestNetwork {
  readonly guard: Standing
}

/** Nodes of which the first has the plugin. */
async function guarded(count: number, first: Partial<NodeOptions> = {}): Promise<World> {
  const guard = standing()
  const options = (index: number): Partial<NodeOptions> => (index === 0 ? { plugins: [guard], ...first } : {})
  return { ...(await testNetwork(count, [chat.with({})], { options })), guard }
}

function keeperOf(storage: MemoryStorage, bans: readonly Ban[] = []): Keeper {
  const form = banForm(
    () => bans,
    () => undefined,
  )
  return new Keeper(form, { storage, clock: createManualClock(), logger: silentLogger })
}

async function loadBans(storage: MemoryStorage): Promise<{ bans: readonly Ban[]; trouble: string | undefined }> {
  const found = await keeperOf(storage).load()
  return { bans: bansOf(found), trouble: found.trouble }
}

// A new one for each: an error belongs to the first peer that it ends.
const wrong = (): PeerError => new PeerError('invalid message', DiscReason.breachOfProtocol, 'made up for the test')

describe('a ban', () => {
  it('of a key ends its peer, refuses it both ways, and is lifted again', async () => {
    const world = await guarded(2)
    const [node, other] = world.nodes
    await world.connect(1, 0)
    await world.until(world.guard.ban(other!.publicKey, { reason: 'rude' }))
    await world.advance(2000)
    expect(node!.peers).toEqual([])
    await expect(world.connect(1, 0)).rejects.toMatchObject({ reason: DiscReason.uselessPeer })
    await expect(world.connect(0, 1)).rejects.toThrow('banned')
    expect(node!.addPersistent(other!.addresses[0]!)).toMatchObject({ state: 'refused', reason: 'banned' })
    expect(world.guard.bans).toEqual([{ target: toHex(other!.publicKey), untilMs: null, reason: 'rude' }])
    expect(await world.until(world.guard.unban(toHex(other!.publicKey)))).toBe(true)
    await world.advance(10_000)
    expect(node!.peers.length).toBe(1)
    await world.close()
  })

  it('of a host refuses the link before any cryptography', async () => {
    const world = await guarded(2)
    const errors: PeerError[] = []
    world.nodes[0]!.on('setup:failed', ({ error }) => errors.push(error))
    await world.until(world.guard.ban('node1'))
    await expect(world.connect(1, 0)).rejects.toThrow(PeerError)
    expect(errors.map(({ code, reason }) => ({ code, reason }))).toEqual([
      { code: 'link refused', reason: DiscReason.uselessPeer },
    ])
    await world.close()
  })

  it('is not for trusted peers, by key or by host', async () => {
    const world = await guarded(3)
    const [node, friend, other] = world.nodes
    node!.addTrusted(friend!.publicKey)
    for (const target of [friend!.publicKey, other!.publicKey, 'node1', 'node2']) {
      await world.until(world.guard.ban(target))
    }
    await world.connect(1, 0)
    await expect(world.connect(2, 0)).rejects.toThrow(PeerError)
    expect(node!.peers.map(({ id }) => id)).toEqual([friend!.id])
    await world.close()
  })

  it('ends by itself at its time', async () => {
    const world = await guarded(2)
    await world.until(world.guard.ban(world.nodes[1]!.publicKey, { forMs: 60_000 }))
    await expect(world.connect(1, 0)).rejects.toThrow(PeerError)
    await world.advance(60_000)
    await world.connect(1, 0)
    expect(world.guard.bans).toEqual([])
    await world.close()
  })

  it.each([
    ['203.0.113.0/24', '203.0.113.77:5000', true],
    ['203.0.113.0/24', '203.0.114.77:5000', false],
    ['203.0.113.7', '[::ffff:203.0.113.7]:5000', true],
    ['2001:db8::/32', '[2001:db8:1::2]:30303', true],
    ['2001:db8::/32', '203.0.113.1:1', false],
    ['0.0.0.0/0', '198.51.100.1:1', true],
    ['0.0.0.0/0', '[2001:db8::1]:1', false],
    ['Relay.Example.', 'wss://relay.example/bridge/a', true],
    ['relay.example', 'wss://other.example/', false],
  ])('of %s holds %s: %s', (target, address, holds) => {
    const bans = new BanList()
    bans.add({ target, untilMs: null, reason: '' })
    expect(bans.holds(undefined, address, 0)).toBe(holds)
    bans.remove(target)
    expect(bans.holds(undefined, address, 0)).toBe(false)
  })

  it.each(['', '203.0.113.0/33', '::/129', 'no host', 'abcd/', `${'a'.repeat(127)}`, 'a'.repeat(300)])(
    'of "%s" is a mistake that is named',
    async (target) => {
      await expect(standing().ban(target)).rejects.toThrow(TypeError)
    },
  )

  it('list has a bound', () => {
    const bans = new BanList()
    for (let i = 0; i < MAX_BANS; i++) bans.add({ target: `h${i}.example`, untilMs: null, reason: '' })
    expect(() => bans.add({ target: 'one-more.example', untilMs: null, reason: '' })).toThrow(RangeError)
    bans.add({ target: 'h7.example', untilMs: 5, reason: 'again' })
    expect(bans.size).toBe(MAX_BANS)
  })
})

describe('stored bans', () => {
  it('hold after a restart', async () => {
    const storage = memoryStorage()
    const before = await guarded(2, { storage })
    await before.until(before.guard.ban(before.nodes[1]!.publicKey))
    await before.close()
    const after = await guarded(2, { storage })
    await expect(after.connect(1, 0)).rejects.toThrow(PeerError)
    await after.close()
  })

  it('survive each flipped byte and each cut: nothing fails, and at most one is lost', async () => {
    const bans = Array.from({ length: 5 }, (_, i) => ({ target: `host${i}.example`, untilMs: i, reason: 'r' }))
    const whole = memoryStorage()
    await keeperOf(whole, bans).save()
    const bytes = whole.values.get('bans.json')!
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice()
      flipped[i]! ^= 1 << (i % 8)
      const storage = memoryStorage()
      await storage.write('bans.json', flipped)
      const loaded = await loadBans(storage)
      expect(loaded.bans.length, `byte ${i}`).toBeGreaterThanOrEqual(3)
      expect(loaded.bans.every((ban) => bans.some(({ target }) => target === ban.target))).toBe(true)
      expect(loaded.trouble, `byte ${i}`).toContain("can't be used")
      expect(storage.values.has('bans.json')).toBe(false)
    }
    for (let length = 0; length < bytes.length; length++) {
      const storage = memoryStorage()
      await storage.write('bans.json', bytes)
      await storage.write('bans.json', bytes.slice(0, length))
      const loaded = await loadBans(storage)
      expect(loaded.bans.length, `the first ${length} bytes, and the list before`).toBe(5)
    }
  })

  it('are added to and lifted by the options of the next run', async () => {
    const storage = memoryStorage()
    const before = await guarded(1, { storage })
    await before.until(before.guard.ban('203.0.113.0/24'))
    await before.until(before.guard.ban('bad.example'))
    await before.close()
    for (const options of [{ ban: ['198.51.100.7'], unban: ['BAD.example.'] }, {}]) {
      const guard = standing(options)
      const world = await testNetwork(1, [], { options: () => ({ plugins: [guard], storage }) })
      expect(guard.bans.map(({ target }) => target)).toEqual(['203.0.113.0/24', '198.51.100.7'])
      await world.close()
    }
    expect(() => standing({ ban: ['no target'] })).toThrow(TypeError)
  })

  it('that can not be read for a moment come back, and are not overwritten', async () => {
    const storage = memoryStorage()
    const before = await guarded(1, { storage })
    for (let i = 0; i < 3; i++) await before.until(before.guard.ban(`198.51.${i}.0/24`))
    await before.close()
    let isBroken = true
    const fail = (): Promise<never> => Promise.reject(new Error('EIO'))
    const flaky: MemoryStorage = {
      ...storage,
      read: (name) => (isBroken ? fail() : storage.read(name)),
      readPrevious: (name) => (isBroken ? fail() : storage.readPrevious(name)),
    }
    const after = await guarded(1, { storage: flaky })
    expect(after.guard.bans).toEqual([])
    await after.until(after.guard.unban('198.51.0.0/24'))
    isBroken = false
    await after.advance(10_000)
    expect(after.guard.bans.map(({ target }) => target)).toEqual(['198.51.1.0/24', '198.51.2.0/24'])
    await after.until(after.guard.ban('203.0.113.1'))
    await after.close()
    expect((await loadBans(storage)).bans).toHaveLength(3)
    expect(storage.aside.size).toBe(0)
  })

  it('that can not be read at all are set aside before others are kept', async () => {
    const storage = memoryStorage()
    await keeperOf(storage, [{ target: '198.51.100.0/24', untilMs: null, reason: '' }]).save()
    const stored = storage.values.get('bans.json')
    const broken = { ...storage, read: () => Promise.reject(new Error('EIO')) }
    const world = await guarded(1, { storage: broken })
    await world.until(world.guard.ban('203.0.113.1'))
    await world.close()
    expect([...storage.aside.values()]).toEqual([stored])
    expect((await loadBans(storage)).bans.map(({ target }) => target)).toEqual(['203.0.113.1'])
  })

  it('that can not be written keep holding, and whoever banned is told', async () => {
    const failing = { ...memoryStorage(), write: () => Promise.reject(new Error('disk full')) }
    const world = await guarded(2, { storage: failing })
    await expect(world.guard.ban(world.nodes[1]!.publicKey)).rejects.toThrow('disk full')
    await expect(world.connect(1, 0)).rejects.toThrow(PeerError)
    await world.close()
  })
})

describe('a discouraged peer', () => {
  it('is one that ended with a misdeed of its own', async () => {
    const world = await guarded(3)
    const [node, , other] = world.nodes
    await world.connect(1, 0)
    await world.connect(2, 0)
    const badMac = new PeerError('bad mac', DiscReason.networkError, 'anybody on the way can do this')
    node!.peers[0]!.fail(wrong())
    node!.peers[1]!.fail(badMac)
    await world.advance(2000)
    const judged = world.nodes.map(({ publicKey }) => world.guard.judge!({ publicKey }))
    expect(judged).toEqual([undefined, 'discouraged', undefined])
    expect(other!.peers).toEqual([])
    await world.close()
  })

  it('is not dialed as a candidate, but when it was asked for', async () => {
    const world = await guarded(2)
    const [node, other] = world.nodes
    const peer = await world.connect(0, 1)
    peer.fail(wrong())
    await world.advance(2000)
    expect(world.guard.judge!({ address: `tcp://${other!.addresses[0]!.split('@')[1]}` })).toBe(undefined)
    expect(world.guard.judge!({ publicKey: other!.publicKey })).toBe('discouraged')
    await world.connect(0, 1)
    expect(node!.peers.length).toBe(1)
    await world.close()
  })

  it('is refused as soon as one more would fill the node', async () => {
    const world = await guarded(4, { maxInbound: 3 })
    const [node] = world.nodes
    await world.connect(1, 0)
    node!.peers[0]!.fail(wrong())
    await world.advance(2000)
    await world.connect(2, 0)
    await world.connect(1, 0)
    node!.peers[1]!.disconnect()
    await world.advance(2000)
    await world.connect(3, 0)
    await expect(world.connect(1, 0)).rejects.toMatchObject({ reason: DiscReason.tooManyPeers })
    await world.close()
  })

  it('is forgotten when too many others came after it', () => {
    const guard = standing()
    const peers = Array.from({ length: 16_385 }, (_, i) => {
      const publicKey = new Uint8Array(64)
      new DataView(publicKey.buffer).setUint32(0, i)
      const peer = { publicKey, direction: 'inbound', remoteAddress: '127.0.0.1:1', endpoint: undefined }
      return peer as unknown as Parameters<typeof guard.discourage>[0]
    })
    for (const peer of peers) guard.discourage(peer)
    expect(guard.inspect!()).toMatchObject({ discouraged: 16_384 })
    expect(guard.judge!(peers[0]!)).toBe(undefined)
    expect(guard.judge!(peers[1]!)).toBe('discouraged')
  })
})

describe('misdeeds', () => {
  it('are never what somebody on the way could have caused', () => {
    const caused = ['bad mac', 'bad frame', 'link lost', 'read timeout', 'remote disconnect reason'] as const
    for (const code of caused) expect(isMisdeed(new PeerError(code, 0, ''))).toBe(false)
    const deeds = ['too big message', 'invalid message', 'invalid message code', 'unexpected answer'] as const
    for (const code of [...deeds, 'unexpected remote status', 'invalid item'] as const) {
      expect(isMisdeed(new PeerError(code, 0, ''))).toBe(true)
    }
  })
})
