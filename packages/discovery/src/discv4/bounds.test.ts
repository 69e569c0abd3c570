// One past each bound.
import { describe, expect, it } from 'vitest'
import { prefixPolicy } from '@peerwire/core'
import { createManualClock, memoryStorage } from '@peerwire/core/testing'
import { portableCrypto, silentLogger } from '@peerwire/core'
import { Credits, PacketRates } from './budgets.ts'
import { relayCheck } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { MAX_PENDING, MAX_PROOFS, MAX_RATES, MAX_STORED_NODES, PROOF_MS } from './limits.ts'
import { NodeStore } from './node-store.ts'
import { openPacket, PacketType, sealPacket } from './packets.ts'
import { Proofs } from './proofs.ts'
import { Questions } from './questions.ts'

const KEY = new Uint8Array(32).fill(7)

describe('bounds', () => {
  it('keep 10,000 endpoint proofs, and forget the oldest', () => {
    const proofs = new Proofs()
    for (let i = 0; i <= MAX_PROOFS; i++) proofs.proven(`id ${i}`, { host: '9.9.9.9', port: 5 }, 0)
    expect(proofs.size).toBe(MAX_PROOFS)
    expect(proofs.isProven('id 0', '9.9.9.9', 0)).toBe(false)
    expect(proofs.isProven('id 1', '9.9.9.9', 0)).toBe(true)
    expect(proofs.isProven('id 1', '9.9.9.8', 0)).toBe(false)
    expect(proofs.isProvenAt('id 1', { host: '9.9.9.9', port: 5 }, 0)).toBe(true)
    expect(proofs.isProvenAt('id 1', { host: '9.9.9.9', port: 6 }, 0)).toBe(false)
    expect(proofs.isProven('id 1', '9.9.9.9', PROOF_MS - 1)).toBe(true)
    expect(proofs.isProven('id 1', '9.9.9.9', PROOF_MS)).toBe(false)
  })

  it('keep 10,000 rates and accounts', () => {
    const rates = new PacketRates(prefixPolicy)
    const credits = new Credits(prefixPolicy)
    for (let i = 0; i <= MAX_RATES; i++) {
      const from = { host: `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`, port: 1 }
      rates.take(from, true, 0)
      credits.received(from, 1)
    }
    expect([rates.size, credits.size]).toEqual([MAX_RATES, MAX_RATES])
  })

  it('let 1,000 questions wait, and the next fails at once', () => {
    const clock = createManualClock()
    const questions = new Questions(clock)
    let ended = 0
    const ask = (i: number): void =>
      questions.ask({
        key: `id ${i}`,
        to: { host: '9.9.9.9', port: i },
        type: PacketType.pong,
        send: () => undefined,
        take: () => 'done',
        end: () => void ended++,
      })
    for (let i = 0; i < MAX_PENDING; i++) ask(i)
    expect([questions.size, ended]).toEqual([MAX_PENDING, 0])
    ask(MAX_PENDING)
    expect([questions.size, ended]).toEqual([MAX_PENDING, 1])
    clock.advance(1_000)
    expect([questions.size, ended, clock.pendingTimers]).toEqual([0, MAX_PENDING + 1, 0])
  })

  it('store 1,000 nodes, the latest heard', async () => {
    const storage = memoryStorage()
    const clock = createManualClock()
    const options = { storage, clock, crypto: portableCrypto, logger: silentLogger }
    const store = new NodeStore(options)
    for (let i = 0; i <= MAX_STORED_NODES; i++) store.heard(nodeOf(i))
    expect(store.size).toBe(MAX_STORED_NODES)
    await store.close()
    const again = new NodeStore(options)
    await again.load()
    expect(again.size).toBeLessThanOrEqual(MAX_STORED_NODES)
    expect(clock.pendingTimers).toBe(0)
  })

  it('take packets of 1,280 bytes, and not of 1,281, nor of 97', () => {
    const wallMs = 1_767_225_600_000
    const open = (length: number): unknown => {
      const { bytes } = sealPacket(PacketType.enrRequest, [Math.floor(wallMs / 1000) + 20], KEY, portableCrypto)
      const long = new Uint8Array(length)
      long.set(bytes.subarray(0, length))
      long.set(portableCrypto.keccak256(long.subarray(32)))
      const packet = openPacket(long, wallMs, portableCrypto)
      return typeof packet === 'string' ? packet : packet.body.type
    }
    expect([open(1_280), open(1_281), open(97), open(98)]).toEqual([
      PacketType.enrRequest,
      'too long',
      'too short',
      'malformed',
    ])
  })

  it.each([
    ['8.8.8.8', '9.9.9.9', 30303, true],
    ['8.8.8.8', '9.9.9.9', 1024, false],
    ['8.8.8.8', '9.9.9.9', 1025, true],
    ['8.8.8.8', '127.0.0.1', 30303, false],
    ['8.8.8.8', '192.168.0.1', 30303, false],
    ['8.8.8.8', '0.0.0.0', 30303, false],
    ['8.8.8.8', '192.0.2.1', 30303, false],
    ['8.8.8.8', '224.0.0.1', 30303, false],
    ['192.168.0.9', '192.168.0.1', 30303, true],
    ['192.168.0.9', '127.0.0.1', 30303, false],
    ['127.0.0.1', '127.0.0.2', 30303, true],
    ['127.0.0.1', '192.168.0.1', 30303, true],
    ['::1', '::1', 30303, true],
    ['2001:4860::1', '::1', 30303, false],
    ['2001:4860::1', '2001:db8::1', 30303, false],
  ])('what %s tells of %s:%i is believed: %s', (from, host, udp, isBelieved) => {
    expect(relayCheck(from)({ host, udp }) === undefined).toBe(isBelieved)
  })
})

function nodeOf(index: number): KnownNode {
  const id = new Uint8Array(32)
  const publicKey = portableCrypto.publicKeyOf(KEY)
  return { publicKey, id, key: String(index), host: '9.9.9.9', udp: 30303, tcp: 30303, seq: 0n }
}

describe('an answer in parts', () => {
  it('is waited for 100 ms from its first part on, however many come', () => {
    const clock = createManualClock()
    const questions = new Questions(clock)
    const to = { host: '9.9.9.9', port: 5 }
    const ends: boolean[] = []
    const body = { type: PacketType.neighbors, nodes: [] }
    questions.ask({
      key: 'id',
      to,
      type: PacketType.neighbors,
      send: () => undefined,
      take: () => 'more',
      end: (isAnswered) => void ends.push(isAnswered),
    })
    clock.advance(400)
    for (let i = 0; i < 9; i++) {
      expect(questions.answer('id', to, body)).toBe(true)
      clock.advance(11)
    }
    expect(ends).toEqual([])
    clock.advance(1)
    expect(ends).toEqual([true])
    expect(questions.answer('id', to, body)).toBe(false)
  })
})
