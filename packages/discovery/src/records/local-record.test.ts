import { describe, expect, it } from 'vitest'
import { generatePrivateKey, portableCrypto as crypto, seededRandom, toHex } from '@peerwire/core'
import { EndpointVotes, LEAST_VOICES, MAX_VOICES } from './endpoint-votes.ts'
import { LocalRecord } from './local-record.ts'
import { recordEndpoint, recordEndpoint6 } from './record-values.ts'
import { readRecord } from './record.ts'

const privateKey = generatePrivateKey(seededRandom(3))
const wallNow = (): number => 1_767_225_600_000.5
const HERE = { host: '192.0.2.7', port: 30303 }
const THERE = { host: '192.0.2.8', port: 30303 }

describe('our own record', () => {
  it('begins its sequence with the time, and raises it when what it says has changed', () => {
    const local = new LocalRecord({ crypto, privateKey, wallNow })
    expect(local.record.seq).toBe(1_767_225_600_000n)
    local.set('x', 'y')
    expect(local.record.seq).toBe(1_767_225_600_001n)
    local.set('x', 'y')
    expect(local.record.seq).toBe(1_767_225_600_001n)
    local.set('x', undefined)
    expect(local.record.seq).toBe(1_767_225_600_002n)
    expect(readRecord(local.record.bytes, crypto).seq).toBe(1_767_225_600_002n)
  })

  it('goes on after a restart, also when the clock was set back', () => {
    const before = new LocalRecord({ crypto, privateKey, wallNow })
    before.setEndpoint({ host: '127.0.0.1', udp: 5, tcp: 6 })
    const previous = before.record
    const after = new LocalRecord({ crypto, privateKey, wallNow: () => 5, previous })
    after.setEndpoint({ host: '127.0.0.1', udp: 5, tcp: 6 })
    expect(toHex(after.record.bytes)).toBe(toHex(previous.bytes))
    after.setEndpoint({ host: '127.0.0.1', udp: 5, tcp: 7 })
    expect(after.record.seq).toBe(previous.seq + 1n)
  })

  it('does not go on with the record of another key', () => {
    const other = new LocalRecord({ crypto, privateKey: generatePrivateKey(seededRandom(4)), wallNow })
    const local = new LocalRecord({ crypto, privateKey, wallNow: () => 5, previous: other.record })
    expect(local.record.seq).toBe(5n)
    expect(local.record.publicKey).toEqual(crypto.publicKeyOf(privateKey))
  })

  it('says IPv4 or IPv6, and leaves out ports that there are not', () => {
    const local = new LocalRecord({ crypto, privateKey, wallNow })
    local.setEndpoint({ host: '2001:4860::1', udp: 5, tcp: 6 })
    expect(recordEndpoint6(local.record)).toEqual({ host: '2001:4860::1', udp: 5, tcp: 6 })
    expect([...local.record.pairs.keys()]).toEqual(['id', 'ip6', 'secp256k1', 'tcp6', 'udp6'])
    local.setEndpoint({ host: '127.0.0.1', udp: 5, tcp: 0 })
    expect(recordEndpoint(local.record)).toEqual({ host: '127.0.0.1', udp: 5, tcp: 0 })
    expect([...local.record.pairs.keys()]).toEqual(['id', 'ip', 'secp256k1', 'udp'])
  })
})

describe('where others say that we are', () => {
  it('is believed from ten voices on, when most of them agree', () => {
    const votes = new EndpointVotes()
    for (let i = 1; i < LEAST_VOICES; i++) votes.add(`net ${i}`, HERE, 0)
    expect(votes.predict(0)).toBeUndefined()
    votes.add('net 0', HERE, 0)
    expect(votes.predict(0)).toEqual(HERE)
    for (let i = 0; i < LEAST_VOICES - 1; i++) votes.add(`liar ${i}`, THERE, 0)
    expect(votes.predict(0)).toEqual(HERE)
    votes.add('liar', THERE, 0)
    expect(votes.predict(0)).toBeUndefined()
  })

  it('counts one voice a network, its latest', () => {
    const votes = new EndpointVotes()
    for (let i = 0; i < 100; i++) votes.add('one', HERE, 0)
    expect(votes.size).toBe(1)
    expect(votes.predict(0)).toBeUndefined()
  })

  it('is forgotten after five minutes', () => {
    const votes = new EndpointVotes()
    for (let i = 0; i < LEAST_VOICES; i++) votes.add(`net ${i}`, HERE, 0)
    expect(votes.predict(300_000)).toEqual(HERE)
    expect(votes.predict(300_001)).toBeUndefined()
    expect(votes.size).toBe(0)
  })

  it('remembers 256 voices and not one more', () => {
    const votes = new EndpointVotes()
    for (let i = 0; i <= MAX_VOICES; i++) votes.add(`net ${i}`, HERE, 0)
    expect(votes.size).toBe(MAX_VOICES)
  })
})
