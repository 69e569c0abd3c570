import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNetworkAddress, NetworkId } from '../../addresses/network-address.ts'
import type { NetworkAddress } from '../../addresses/network-address.ts'
import { fromHex, toHex, utf8ToBytes } from '../../base/bytes.ts'
import type { RlpInput } from '../../wire/rlp-writer.ts'
import { encodeRlp } from '../../wire/rlp-writer.ts'
import { addr } from './messages.ts'
import type { AddrEntry } from './messages.ts'

const { codec, maxBytes } = addr.messages.addr
const KEY = Uint8Array.from({ length: 64 }, (_, i) => i)
const ADDRESS = createNetworkAddress({ network: 1, bytes: Uint8Array.of(1, 2, 3, 4), port: 30303, transport: 'tcp' })!

/** The fields of an entry that is as it should be, with some of them changed. */
function fields(changed: Readonly<Record<number, RlpInput>> = {}): RlpInput[] {
  const right: RlpInput[] = [1, Uint8Array.of(1, 2, 3, 4), 30303, 0, utf8ToBytes(''), KEY, 1_700_000_000]
  return right.map((field, index) => changed[index] ?? field)
}

function payload(...entries: readonly RlpInput[]): Uint8Array {
  return encodeRlp([utf8ToBytes('main'), [...entries]])
}

const addresses: fc.Arbitrary<NetworkAddress> = fc
  .record({
    host: fc.oneof(
      fc.record({ network: fc.constant(NetworkId.ipv4), bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }) }),
      fc.record({ network: fc.constant(NetworkId.torV3), bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
      fc.record({ network: fc.constant(NetworkId.i2p), bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
      fc.record({
        network: fc.constant(NetworkId.name),
        bytes: fc.constantFrom('relay.example', 'a.b.c', 'x-1.test').map(utf8ToBytes),
      }),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
    carrier: fc.oneof(
      fc.constant({ transport: 'tcp' as const }),
      fc.record({
        transport: fc.constantFrom('ws' as const, 'wss' as const),
        path: fc.stringMatching(/^\/[a-z0-9/]{0,63}$/),
      }),
    ),
  })
  .map(({ host, port, carrier }) => createNetworkAddress({ ...host, port, ...carrier })!)

const entries: fc.Arbitrary<AddrEntry> = fc.record({
  address: addresses,
  publicKey: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  time: fc.integer({ min: 0, max: 2 ** 40 }),
})

describe('a message of addresses', () => {
  it('is the same after the wire', () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 20 }), (given) => {
        const written = codec.encode({ network: 'main', entries: given })
        expect(codec.decode(written)).toEqual({ network: 'main', entries: given, skipped: 0 })
      }),
    )
  })

  it('is written as the specification shows', () => {
    const written = codec.encode({
      network: 'main',
      entries: [{ address: ADDRESS, publicKey: KEY, time: 1_700_000_000 }],
    })
    const specified = `f85b846d61696ef854f852018401020304 82765f 80 80 b840${toHex(KEY)} 846553f100`
    expect(toHex(written)).toBe(specified.replaceAll(' ', ''))
    expect(toHex(addr.messages.getaddr.codec.encode({ network: 'main' }))).toBe('c5846d61696e')
    expect(addr.messages.getaddr.codec.decode(fromHex('c5846d61696e'))).toEqual({ network: 'main' })
  })

  it.each([
    ['a network that nobody knows', { 0: 99, 1: new Uint8Array(20) }],
    ['a network of 512 bytes', { 0: 99, 1: new Uint8Array(512) }],
    ['Tor v2, which is no more', { 0: 3, 1: new Uint8Array(10).fill(1) }],
    ['a transport that nobody knows', { 3: 9 }],
    ['port 0', { 2: 0 }],
    ['CJDNS without its first byte', { 0: 6, 1: new Uint8Array(16).fill(1) }],
  ])('is read without an entry of %s', (_, changed) => {
    const { entries: read, skipped } = codec.decode(payload(fields(), fields(changed), fields()))
    expect([read.length, skipped]).toEqual([2, 1])
  })

  it.each([
    ['IPv4 of 5 bytes', fields({ 1: new Uint8Array(5) }), /5 bytes are no address of network 1/],
    ['Tor v2 of 11 bytes', fields({ 0: 3, 1: new Uint8Array(11) }), /11 bytes are no address of network 3/],
    ['513 bytes of an unknown network', fields({ 0: 99, 1: new Uint8Array(513) }), /513 bytes are no address/],
    ['a name that is an IP address', fields({ 0: 240, 1: utf8ToBytes('1.2.3.4') }), /no address of network 240/],
    ['a port past 65535', fields({ 2: 65_536 }), /port 65536/],
    ['a path on TCP', fields({ 4: utf8ToBytes('/x') }), /path of a tcp address/],
    ['no path on ws', fields({ 3: 1 }), /path of a ws address/],
    ['a path of 65 bytes', fields({ 3: 1, 4: utf8ToBytes(`/${'x'.repeat(64)}`) }), /65 bytes where 64 fit/],
    ['a key of 63 bytes', fields({ 5: new Uint8Array(63) }), /63 bytes where 64 belong/],
    ['too few fields', fields().slice(0, 6), /6 items where 7 belong/],
    ['a time past 2^53', fields({ 6: 2n ** 60n }), /past 2\^53/],
  ])('is refused as a whole for %s', (_, entry, why) => {
    expect(() => codec.decode(payload(fields(), entry))).toThrow(why)
  })

  it('may have fields that a later version knows', () => {
    expect(codec.decode(payload([...fields(), 'more', [1, 2]])).entries).toHaveLength(1)
  })

  it('has a bound of 1,000 entries both ways', () => {
    const full = Array.from({ length: 1000 }, () => fields())
    expect(codec.decode(payload(...full)).entries).toHaveLength(1000)
    expect(() => codec.decode(payload(...full, fields()))).toThrow(/1001 entries where 1000 fit/)
    const entry = { address: ADDRESS, publicKey: KEY, time: 1 }
    expect(() => codec.encode({ network: 'main', entries: Array.from({ length: 1001 }, () => entry) })).toThrow(
      RangeError,
    )
  })

  it('fits its size limit with the longest entries that there are', () => {
    const name = `${'a'.repeat(62)}.`.repeat(4).slice(0, 252)
    const longest = fields({
      0: 240,
      1: utf8ToBytes(`${name.slice(0, -1)}e`),
      3: 2,
      4: utf8ToBytes(`/${'x'.repeat(63)}`),
    })
    const written = payload(...Array.from({ length: 1000 }, () => longest))
    expect(codec.decode(written).entries).toHaveLength(1000)
    expect(written.length).toBeLessThan(maxBytes)
  })

  it('does not hold on to the bytes it came in', () => {
    const written = payload(fields())
    const [entry] = codec.decode(written).entries
    written.fill(0xff)
    expect([entry!.address.bytes, entry!.publicKey]).toEqual([Uint8Array.of(1, 2, 3, 4), KEY])
  })
})
