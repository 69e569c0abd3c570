import { describe, expect, it } from 'vitest'
import { generatePrivateKey, portableCrypto as crypto, prefixPolicy, seededRandom } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { recordEndpoint } from '../records/record-values.ts'
import type { NodeRecord } from '../records/record.ts'
import { SelfPortrait } from './self-portrait.ts'
import type { SelfPortraitOptions } from './self-portrait.ts'

const privateKey = generatePrivateKey(seededRandom(9))
const OUTSIDE = { host: '77.7.7.7', udp: 4444, tcp: 0 }

function create(bound: string, options: Partial<SelfPortraitOptions> = {}) {
  const clock = createManualClock()
  const written: NodeRecord[] = []
  const local = { host: bound, port: 30303 }
  const socket = { local, open: () => undefined, send: () => undefined, close: async () => undefined }
  const changed = (record: NodeRecord): void => void written.push(record)
  const base = { privateKey, crypto, clock, socket, prefixes: prefixPolicy, tcp: () => 30303, changed }
  const portrait = new SelfPortrait({ ...base, ...options })
  portrait.begin(undefined)
  return { portrait, clock, written }
}

const voter = (index: number): { host: string; port: number } => ({ host: `20.1.${index}.1`, port: 30303 })

describe('where we say that we are', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
  ])('is, bound to %s, %s as long as nobody knows better', (bound, host) => {
    const { portrait } = create(bound)
    expect(portrait.endpoint).toEqual({ host, udp: 30303, tcp: 30303 })
    expect(recordEndpoint(portrait.record)).toEqual({ host, udp: 30303, tcp: 30303 })
  })

  it('is where ten networks see us, also in the record', () => {
    const { portrait, written } = create('10.0.0.5')
    const { seq } = portrait.record
    for (let i = 0; i < 9; i++) portrait.stated(voter(i), OUTSIDE)
    expect(portrait.endpoint.host).toBe('10.0.0.5')
    portrait.stated(voter(9), OUTSIDE)
    expect(recordEndpoint(portrait.record)).toEqual({ host: '77.7.7.7', udp: 4444, tcp: 30303 })
    expect(portrait.record.seq).toBe(seq + 1n)
    expect(written.at(-1)).toBe(portrait.record)
  })

  it('is not what one network says, however many nodes it has', () => {
    const { portrait } = create('10.0.0.5')
    for (let i = 0; i < 100; i++) portrait.stated({ host: `20.1.1.${i}`, port: 30303 }, OUTSIDE)
    expect(portrait.endpoint.host).toBe('10.0.0.5')
  })

  it('is not a local address that strangers name, nor one that leads nowhere', () => {
    const { portrait } = create('0.0.0.0')
    for (let i = 0; i < 30; i++) {
      const host = ['192.168.0.1', '127.0.0.1', '192.0.2.1', undefined][i % 4]
      portrait.stated(voter(i), { host, udp: 4444, tcp: 0 })
    }
    expect(portrait.endpoint).toEqual({ host: '127.0.0.1', udp: 30303, tcp: 30303 })
  })

  it('is what the user says, whatever others do', () => {
    const { portrait } = create('0.0.0.0', { host: '88.8.8.8' })
    for (let i = 0; i < 20; i++) portrait.stated(voter(i), OUTSIDE)
    expect(portrait.endpoint).toEqual({ host: '88.8.8.8', udp: 30303, tcp: 30303 })
  })

  it('comes with what else there is to say, and drops what is said no more', () => {
    let entries: Record<string, string> = { a: 'b', c: 'd' }
    const { portrait } = create('10.0.0.5', { entries: () => entries })
    expect([...portrait.record.pairs.keys()]).toEqual(['a', 'c', 'id', 'ip', 'secp256k1', 'tcp', 'udp'])
    entries = { c: 'd' }
    portrait.refresh()
    expect([...portrait.record.pairs.keys()]).toEqual(['c', 'id', 'ip', 'secp256k1', 'tcp', 'udp'])
  })
})
