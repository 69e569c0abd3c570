// What strangers can't do: fill the table, make us send elsewhere, or make us throw.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concatBytes, generatePrivateKey, portableCrypto, seededRandom } from '@peerwire/core'
import type { RlpInput } from '@peerwire/core'
import { drainMicrotasks } from '@peerwire/core/testing'
import { rounds, seed } from '../../../../tests/support/counts.ts'
import { shamCrypto } from '../../test/sham-crypto.ts'
import { createWorld } from '../../test/world.ts'
import type { World, WorldNode } from '../../test/world.ts'
import { endpointFields, PacketType, sealPacket } from './packets.ts'
import type { UdpEndpoint } from './socket.ts'

const HOME = { host: '33.1.1.1', port: 30303 }
const IDS = rounds(1_000, 10_000)
const MUTATED = rounds(6_000, 1_000_000)
const REPAIRED = rounds(600, 10_000)

let world: World
let home: WorldNode
beforeEach(async () => {
  world = createWorld(seed)
  home = await world.add(HOME.host)
})
afterEach(() => world.close())

async function passSome(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    world.clock.advance(500)
    await drainMicrotasks()
  }
}

function seconds(aheadMs = 20_000): number {
  return Math.floor((world.clock.wallNow() + aheadMs) / 1000)
}

function ping(privateKey: Uint8Array, from: UdpEndpoint, expiration: RlpInput = seconds()): Uint8Array {
  const me = endpointFields({ host: from.host, udp: from.port, tcp: from.port })
  const you = endpointFields({ host: HOME.host, udp: HOME.port, tcp: 0 })
  return sealPacket(PacketType.ping, [4, me, you, expiration], privateKey, shamCrypto).bytes
}

/** Counts what goes to an address and what comes from it, as sent. */
function meter(address: UdpEndpoint): { received: number; sent: number; packets: number } {
  const counts = { received: 0, sent: 0, packets: 0 }
  world.network.onSend = (bytes, from, to) => {
    if (from.host === address.host) counts.received += bytes.length
    if (to.host !== address.host) return
    counts.sent += bytes.length
    counts.packets++
  }
  return counts
}

describe('an attacker', () => {
  it('with one /24 and many ids holds at most 10 places, those that wait included', async () => {
    for (let i = 0; i < IDS; i++) {
      const host = `66.6.6.${1 + (i % 250)}`
      const port = 2_000 + Math.floor(i / 250)
      const privateKey = generatePrivateKey(world.random)
      // Each one answers as it should: it proves that it is there.
      const socket = world.network.bind(host, port)
      socket.open((bytes) => {
        const pong = [endpointFields({ host: HOME.host, udp: HOME.port, tcp: 0 }), bytes.slice(0, 32), seconds()]
        if (bytes[97] === PacketType.ping) {
          socket.send(sealPacket(PacketType.pong, pong, privateKey, shamCrypto).bytes, HOME)
        }
      })
      socket.send(ping(privateKey, { host, port }), HOME)
      // Slowly, so that no rate helps us.
      world.clock.advance(150)
    }
    const { nodes, waiting, refused, live } = home.discv4.inspect()
    expect(nodes + waiting).toBeGreaterThan(0)
    expect(nodes + waiting).toBeLessThanOrEqual(10)
    expect(live).toBe(nodes)
    expect(refused['too many']).toBeUndefined()
  })

  it('can’t have us send more to an address than came from it, past one pong and one ping', () => {
    const victim = { host: '44.4.4.4', port: 4444 }
    const counts = meter(victim)
    const privateKey = generatePrivateKey(world.random)
    world.network.forge(ping(privateKey, victim), victim, HOME)
    world.clock.advance(200)
    expect(counts.packets).toBe(2)
    for (let i = 0; i < 1_000; i++) {
      const questions = [
        ping(i % 2 ? privateKey : generatePrivateKey(world.random), victim),
        sealPacket(PacketType.findNode, [new Uint8Array(64), seconds()], privateKey, shamCrypto).bytes,
        sealPacket(PacketType.enrRequest, [seconds()], privateKey, shamCrypto).bytes,
      ]
      world.network.forge(questions[i % 3]!, { ...victim, port: 4444 + (i % 7) }, HOME)
      world.clock.advance(100)
    }
    expect(counts.received).toBeGreaterThan(100_000)
    expect(counts.sent).toBeLessThanOrEqual(counts.received)
    expect(home.discv4.inspect().nodes).toBe(0)
  })

  it('without an endpoint proof gets nothing for questions, nor with a proof of another address', () => {
    const asker = { host: '44.4.4.5', port: 4444 }
    const counts = meter(asker)
    const privateKey = generatePrivateKey(world.random)
    const ask = (type: PacketType, fields: RlpInput[]): void =>
      world.network.forge(sealPacket(type, fields, privateKey, shamCrypto).bytes, asker, HOME)
    ask(PacketType.findNode, [new Uint8Array(64), seconds()])
    ask(PacketType.enrRequest, [seconds()])
    // A pong that answers no ping proves nothing.
    ask(PacketType.pong, [endpointFields({ host: HOME.host, udp: HOME.port, tcp: 0 }), new Uint8Array(32), seconds()])
    ask(PacketType.findNode, [new Uint8Array(64), seconds()])
    world.clock.advance(1_000)
    expect(counts.packets).toBe(0)
    expect(home.discv4.inspect().refused).toEqual({ 'no endpoint proof': 3, 'not asked for': 1 })
  })

  it.each([
    ['passed a second ago', () => seconds(-1_000)],
    ['is negative to others', () => 2n ** 64n - BigInt(seconds())],
    ['is the greatest number', () => 2n ** 64n - 1n],
    ['is a day and more ahead', () => seconds(86_402_000)],
  ])('gets no answer to a ping whose expiration %s', (_, expiration) => {
    const asker = { host: '44.4.4.6', port: 4444 }
    const counts = meter(asker)
    world.network.forge(ping(generatePrivateKey(world.random), asker, expiration()), asker, HOME)
    world.clock.advance(1_000)
    expect(counts.packets).toBe(0)
    expect(home.discv4.inspect().refused).toEqual({ expired: 1 })
  })

  it('of one network is looked at 200 times at once, and others are heard all the same', () => {
    const asker = { host: '44.4.4.7', port: 4444 }
    const privateKey = generatePrivateKey(world.random)
    for (let i = 0; i < 300; i++) world.network.forge(ping(privateKey, asker), { ...asker, port: 3_000 + i }, HOME)
    const counts = meter({ host: '55.5.5.5', port: 5555 })
    world.clock.advance(60)
    // Some are let through while the others are under way.
    const { 'too many': tooMany = 0 } = home.discv4.inspect().refused
    expect(tooMany).toBeGreaterThan(90)
    expect(tooMany).toBeLessThanOrEqual(100)
    const other = { host: '55.5.5.5', port: 5555 }
    world.network.forge(ping(generatePrivateKey(world.random), other), other, HOME)
    world.clock.advance(100)
    expect(counts.packets).toBe(2)
  })

  it('can’t move a node by sending its ping again from another port', async () => {
    const other = await world.add('55.5.5.9', { bootnodes: [home.url] })
    await passSome()
    const { privateKey } = other
    world.network.forge(ping(privateKey, { host: '55.5.5.9', port: 30303 }), { host: '55.5.5.9', port: 9_999 }, HOME)
    await passSome()
    expect(home.discv4.nodes.map(({ host, udp }) => [host, udp])).toEqual([['55.5.5.9', 30303]])
  })

  it('can’t bring a node into the table that it was not asked about', async () => {
    const other = await world.add('55.5.5.6', { bootnodes: [home.url] })
    await passSome()
    expect(home.discv4.nodes.map(({ host }) => host)).toEqual(['55.5.5.6'])
    const invented = [Uint8Array.of(12, 3, 4, 5), 30303, 30303, shamCrypto.publicKeyOf(new Uint8Array(32).fill(7))]
    const fields = [[invented], seconds()]
    const bytes = sealPacket(PacketType.neighbors, fields, other.privateKey, shamCrypto).bytes
    world.network.forge(bytes, { host: '55.5.5.6', port: 30303 }, HOME)
    world.clock.advance(100)
    expect(home.discv4.nodes).toHaveLength(1)
    expect(home.discv4.inspect().refused).toMatchObject({ 'not asked for': 1 })
  })
})

describe('mutated packets', { timeout: 600_000 }, () => {
  it('are refused, and nothing throws', () => {
    const random = seededRandom(seed)
    const privateKey = generatePrivateKey(random)
    const from = { host: '55.5.5.7', port: 5555 }
    const samples = samplesOf(privateKey, from)
    for (let i = 0; i < MUTATED; i++) {
      const bytes = mutate(samples[i % samples.length]!, random)
      world.network.forge(i < REPAIRED ? repaired(bytes) : bytes, from, HOME)
      world.clock.advance(50)
    }
    const { refused, received, nodes } = home.discv4.inspect()
    const count = Object.values(refused).reduce((sum, some) => sum + some, 0)
    expect(received).toBe(MUTATED)
    // A change in what nobody reads, such as a client's own port, leaves a packet what it was.
    expect(count).toBeGreaterThan(0.99 * (MUTATED - REPAIRED))
    expect(refused['malformed'] ?? 0).toBeGreaterThan(REPAIRED / 20)
    expect(nodes).toBe(0)
  })

  it('with the real cryptography give no key, or another’s', () => {
    const privateKey = generatePrivateKey(world.random)
    const { bytes } = sealPacket(PacketType.enrRequest, [seconds()], privateKey, portableCrypto)
    const own = portableCrypto.publicKeyOf(privateKey)
    for (let at = 32; at < 97; at += 4) {
      const changed = bytes.with(at, bytes[at]! ^ 0x55)
      const hashed = concatBytes(portableCrypto.keccak256(changed.subarray(32)), changed.subarray(32))
      const key = portableCrypto.recover(portableCrypto.keccak256(hashed.subarray(97)), hashed.subarray(32, 97))
      expect(key).not.toEqual(own)
    }
  })

  function samplesOf(privateKey: Uint8Array, from: UdpEndpoint): readonly Uint8Array[] {
    const there = endpointFields({ host: HOME.host, udp: HOME.port, tcp: 0 })
    const node: RlpInput = [Uint8Array.of(12, 3, 4, 5), 30303, 30303, new Uint8Array(64).fill(9)]
    const record: RlpInput = [new Uint8Array(64), 5, 'id', 'v4', 'ip', Uint8Array.of(1, 2, 3, 4)]
    const hash = new Uint8Array(32).fill(3)
    const seal = (type: PacketType, fields: readonly RlpInput[]): Uint8Array =>
      sealPacket(type, fields, privateKey, shamCrypto).bytes
    return [
      ping(privateKey, from),
      seal(PacketType.pong, [there, hash, seconds(), 5]),
      seal(PacketType.findNode, [new Uint8Array(64).fill(4), seconds()]),
      seal(PacketType.neighbors, [[node, node, node], seconds()]),
      seal(PacketType.enrRequest, [seconds()]),
      seal(PacketType.enrResponse, [hash, record]),
    ]
  }

  function mutate(sample: Uint8Array, random: { uint32(): number }): Uint8Array {
    const bytes = sample.slice()
    const choice = random.uint32() % 8
    const at = random.uint32() % bytes.length
    if (choice === 0) return bytes.subarray(0, at)
    if (choice === 1) return concatBytes(bytes.subarray(0, at), bytes.subarray(at >> 1))
    const flips = choice === 2 ? 40 : choice
    for (let i = 0; i < flips; i++) bytes[random.uint32() % bytes.length]! ^= 1 + (random.uint32() % 255)
    return bytes
  }

  function repaired(bytes: Uint8Array): Uint8Array {
    return concatBytes(shamCrypto.keccak256(bytes.subarray(32)), bytes.subarray(32))
  }
})
