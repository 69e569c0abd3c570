// Hello both ways: exact in what is written, tolerant of what later versions add, bounded in all else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { PeerError } from '../errors/peer-error.ts'
import { decodeHello, encodeHello, type Hello } from './hello.ts'
import type { Capability } from './peer.ts'
import { encodeRlp, type RlpInput } from './rlp-writer.ts'

const publicKey = new Uint8Array(64).fill(0xab)
const ours = { name: 'peerwire/1', capabilities: [{ name: 'eth', version: 69 }], listenPort: 0, publicKey }

function written(over: { [place: number]: RlpInput } = {}, extra: readonly RlpInput[] = []): Uint8Array {
  const items: RlpInput[] = [5, 'geth', [['eth', 69]], 0, publicKey]
  for (const [place, value] of Object.entries(over)) items[Number(place)] = value
  return encodeRlp([...items, ...extra])
}

function failure(payload: Uint8Array): PeerError {
  try {
    decodeHello(payload)
  } catch (error) {
    if (error instanceof PeerError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('writing', () => {
  it('gives version 5, the name, capabilities, port and key, in this order', () => {
    const expected = `f856058a70656572776972652f31c6c5836574684580b840${'ab'.repeat(64)}`
    expect(toHex(encodeHello(ours))).toBe(expected)
  })

  it('sorts capabilities by name and version', () => {
    const capabilities = ['b/1', 'a/2', 'B/1', 'a/1'].map((text) => ({ name: text[0]!, version: Number(text[2]) }))
    const read = decodeHello(encodeHello({ ...ours, capabilities }))
    expect(read.capabilities.map(({ name, version }) => `${name}/${version}`)).toEqual(['B/1', 'a/1', 'a/2', 'b/1'])
  })

  it.each([
    ['a name of 9 characters', { ...ours, capabilities: [{ name: 'ninechars', version: 1 }] }],
    ['an empty name', { ...ours, capabilities: [{ name: '', version: 1 }] }],
    [
      '129 capabilities',
      { ...ours, capabilities: Array.from({ length: 129 }, (_, version) => ({ name: 'a', version })) },
    ],
    ['more than 2 KiB', { ...ours, name: 'x'.repeat(1980) }],
  ])('refuses %s', (_, hello) => {
    expect(() => encodeHello(hello)).toThrow(RangeError)
  })
})

describe('reading', () => {
  it('gives back what was written', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', 'z', 'A', 'B', '0', '9', '-', '_', '~'),
      minLength: 1,
      maxLength: 8,
    })
    const hello = fc.record({
      version: fc.nat(),
      name: fc.string({ maxLength: 60 }).map((text) => text.replace(/[^ -~]/g, '')),
      capabilities: fc.uniqueArray(fc.record({ name, version: fc.nat(9) }), {
        maxLength: 20,
        selector: (capability) => `${capability.name}/${capability.version}`,
      }),
      listenPort: fc.nat(65_535),
      publicKey: fc.uint8Array({ minLength: 64, maxLength: 64 }).map((key) => key.fill(1, 0, 1)),
    })
    fc.assert(
      fc.property(hello, (value: Hello) => {
        const read = decodeHello(encodeHello(value))
        expect({ ...read, capabilities: [] }).toEqual({ ...value, capabilities: [] })
        expect(read.capabilities.map(shown)).toEqual(value.capabilities.map(shown).sort())
      }),
    )
  })

  it('keeps its own copy of the key', () => {
    const payload = encodeHello(ours)
    const hello = decodeHello(payload)
    payload.fill(0)
    expect(hello.publicKey).toEqual(publicKey)
  })

  it('also from one of Node’s own arrays', () => {
    class Subclass extends Uint8Array {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end) as Uint8Array<ArrayBuffer>
      }
    }
    const payload = new Subclass(encodeHello(ours))
    const hello = decodeHello(payload)
    payload.fill(0)
    expect(hello.publicKey).toEqual(publicKey)
  })

  it.each([
    ['items that a later version adds', written({}, [1, [2, [3]], 'four'])],
    ['items added to a capability', written({ 2: [['eth', 69, 'more']] })],
    ['bytes after the list', concatBytes(written(), fromHex('ffffff'))],
    [
      'a capability offered twice',
      written({
        2: [
          ['eth', 69],
          ['eth', 69],
        ],
      }),
    ],
    [
      'a name that no protocol can have',
      written({
        2: [
          ['eth', 69],
          ['muchtoolong', 1],
          ['', 1],
          [fromHex('ff'), 1],
        ],
      }),
    ],
    ['a port past 16 bits, which counts as none', written({ 3: 70_000 })],
  ])('takes %s', (_, payload) => {
    const hello = decodeHello(payload)
    expect(hello).toMatchObject({ version: 5, name: 'geth', listenPort: 0 })
    expect(hello.capabilities).toEqual([{ name: 'eth', version: 69 }])
  })

  it.each([4, 6, 2 ** 40])('leaves version %s to whoever reads it', (version) => {
    expect(decodeHello(written({ 0: version })).version).toBe(version)
  })

  it('shows nothing invisible of a stranger’s name, nor what turns text around', () => {
    const name = concatBytes(encodeUtf8('Gëth\n\u001b[31m\u202e\u2028\u0000x'), fromHex('ff'))
    expect(decodeHello(written({ 1: name })).name).toBe('Gëth??[31m???x?')
  })

  it('takes 128 capabilities and refuses 129', () => {
    const capabilities = (count: number): RlpInput => Array.from({ length: count }, (_, version) => ['a', version])
    expect(decodeHello(written({ 2: capabilities(128) })).capabilities).toHaveLength(128)
    const error = failure(written({ 2: capabilities(129) }))
    expect(error).toMatchObject({ code: 'protocol handshake failed', reason: 2 })
  })

  it('takes 2,048 bytes and refuses 2,049', () => {
    const filled = (length: number): Uint8Array => concatBytes(written(), new Uint8Array(length - written().length))
    expect(decodeHello(filled(2048)).name).toBe('geth')
    expect(failure(filled(2049))).toMatchObject({ code: 'too big message', reason: 2 })
  })

  it.each<[string, Uint8Array]>([
    ['zero', written({ 4: new Uint8Array(64) })],
    ['empty', written({ 4: '' })],
    ['63 bytes', written({ 4: publicKey.subarray(1) })],
    ['65 bytes', written({ 4: new Uint8Array(65).fill(4) })],
  ])('answers a key of %s with invalid node identity', (_, payload) => {
    expect(failure(payload)).toMatchObject({ code: 'protocol handshake failed', reason: 7 })
  })

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a string', fromHex('83646f67')],
    ['4 items', encodeRlp([5, 'geth', [], 0])],
    ['a list for a name', written({ 1: [] })],
    ['a version with a leading zero', written({ 0: fromHex('0005') })],
    ['a version past 64 bits', written({ 0: new Uint8Array(9).fill(1) })],
    ['a string for the capabilities', written({ 2: 'eth' })],
    ['a capability without a version', written({ 2: [['eth']] })],
    ['a list for a key', written({ 4: [] })],
    ['a list nested 9 deep', written({}, [[[[[[[[[]]]]]]]]])],
    [
      'a thousand items more',
      written(
        {},
        Array.from({ length: 1100 }, () => 1),
      ),
    ],
  ])('refuses %s', (_, payload) => {
    expect(failure(payload)).toMatchObject({ code: 'invalid message', reason: 2 })
  })

  it('throws nothing but a PeerError', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
        const payload = written().slice()
        payload[at % payload.length] = byte
        return payload
      }),
    )
    fc.assert(
      fc.property(noise, (payload) => {
        try {
          decodeHello(payload)
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError)
        }
      }),
      { numRuns: rounds(200, 2000) },
    )
  })
})

function shown({ name, version }: Capability): string {
  return `${name} ${version}`
}

function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
