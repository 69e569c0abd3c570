// Addresses in their written form: what go-ethereum writes and what we add, and that no text does more than be refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import { formatAddress, formatEndpoint, parseAddress, parseEndpoint } from './address.ts'
import { cpuMs } from '../../../../tests/support/cpu.ts'

const KEY =
  '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439'

describe('reading an address', () => {
  it.each([
    [`enode://${KEY}@127.0.0.1:52150`, { scheme: 'tcp', host: '127.0.0.1', port: 52_150 }],
    [`enode://${KEY}@[::]:52150`, { scheme: 'tcp', host: '::', port: 52_150 }],
    [`enode://${KEY}@[2001:db8::1]:52150?discport=22334`, { scheme: 'tcp', host: '2001:db8::1', port: 52_150 }],
    [`enode://${KEY}@valid.example.:3`, { scheme: 'tcp', host: 'valid.example.', port: 3 }],
    [`ENODE://${KEY.toUpperCase()}@Node.Example:3`, { scheme: 'tcp', host: 'node.example', port: 3 }],
    [`enode://${KEY}@1.2.3.4`, { scheme: 'tcp', host: '1.2.3.4', port: 30_303 }],
    [`tcp://${KEY}@1.2.3.4:5`, { scheme: 'tcp', host: '1.2.3.4', port: 5 }],
    [`ws://${KEY}@127.0.0.1:4000`, { scheme: 'ws', host: '127.0.0.1', port: 4000, path: '/' }],
    [`wss://${KEY}@relay.example`, { scheme: 'wss', host: 'relay.example', port: 443, path: '/' }],
    [
      `wss://${KEY}@relay.example/bridge/geth`,
      { scheme: 'wss', host: 'relay.example', port: 443, path: '/bridge/geth' },
    ],
    [`wss://${KEY}@relay.example?a=b`, { scheme: 'wss', host: 'relay.example', port: 443, path: '/?a=b' }],
    [`memory://${KEY}@node0:30303`, { scheme: 'memory', host: 'node0', port: 30_303 }],
  ])('%s', (text, endpoint) => {
    const address = parseAddress(text)
    expect(address).toEqual({ publicKey: fromHex(KEY), endpoint })
    expect(parseAddress(formatAddress(address))).toEqual(address)
  })

  it.each([
    ['no address', 'enode:1.2.3.4'],
    ['nothing', ''],
    ['no scheme', `${KEY}@1.2.3.4:5`],
    ['a record', 'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wB'],
    ['no key', 'enode://1.2.3.4:5'],
    ['an empty key', 'enode://@1.2.3.4:5'],
    ['a key that is too short', 'enode://01010101@123.124.125.126:3'],
    ['a key that is too long', `enode://${KEY}00@1.2.3.4:5`],
    ['a key that is not hex', `enode://${'x'.repeat(128)}@1.2.3.4:5`],
    ['a key after 0x', `enode://0x${KEY.slice(2)}@1.2.3.4:5`],
    ['no host', `enode://${KEY}@:3`],
    ['a host with a space', `enode://${KEY}@ho st:3`],
    ['a host with a line break', `enode://${KEY}@ho\nst:3`],
    ['a host with a control character', `enode://${KEY}@ho\u0000st:3`],
    ['a port that is no number', `enode://${KEY}@127.0.0.1:foo`],
    ['a port past 65535', `enode://${KEY}@127.0.0.1:65536`],
    ['a port of six digits', `enode://${KEY}@127.0.0.1:012345`],
    ['a discport that is no number', `enode://${KEY}@127.0.0.1:3?discport=foo`],
    ['a path on TCP', `enode://${KEY}@127.0.0.1:3/path`],
    ['a fragment', `wss://${KEY}@relay.example/#x`],
    ['IPv6 without brackets', `enode://${KEY}@2001:db8::1:3`],
    ['IPv6 with one bracket', `enode://${KEY}@[::1:3`],
    ['a scheme of one’s own without a port', `memory://${KEY}@node0`],
    ['more than 1,024 characters', `wss://${KEY}@relay.example/${'x'.repeat(1024)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseAddress(text)).toThrow(TypeError)
  })
})

describe('reading an endpoint', () => {
  it.each(['tcp://127.0.0.1:0', 'ws://[::1]:4000/', 'wss://relay.example:443/reach/x', 'memory://node0:1'])(
    '%s',
    (text) => {
      expect(formatEndpoint(parseEndpoint(text))).toBe(text)
    },
  )

  it('refuses a key, which an endpoint does not have', () => {
    expect(() => parseEndpoint(`enode://${KEY}@1.2.3.4:5`)).toThrow(TypeError)
  })
})

describe('whatever text comes', () => {
  const pieces = fc.constantFrom(
    'enode://',
    'wss://',
    '://',
    KEY,
    '@',
    '[',
    ']',
    '::1',
    ':',
    '30303',
    '/',
    '?discport=1',
    '#',
    ' ',
    '\n',
    '0',
    'é',
    '\u0000',
    'x'.repeat(400),
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1200 }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.nat(200), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 }))
      .map(([at, length, text]) => splice(`wss://${KEY}@relay.example:443/bridge/x`, at, length, text)),
  )

  it('is read the same again once written, or refused with a TypeError', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const [parse, format] of [
          [parseAddress, formatAddress],
          [parseEndpoint, formatEndpoint],
        ] as const) {
          try {
            const read = parse(text)
            const written = (format as (value: unknown) => string)(read)
            expect(parse(written)).toEqual(read)
            // eslint-disable-next-line no-control-regex
            expect(written).not.toMatch(/[\u0000-\u001f\n\r\u2028]/)
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
          }
        }
      }),
    )
  })

  it('is judged in time that grows with its length', () => {
    for (const text of [
      'a'.repeat(1024),
      `enode://${'@'.repeat(1000)}`,
      `enode://${'['.repeat(1000)}`,
      `x${'+'.repeat(1000)}://`,
    ]) {
      const ms = cpuMs(() => {
        for (let i = 0; i < 100; i++) expect(() => parseAddress(text)).toThrow(TypeError)
      })
      expect(ms).toBeLessThan(1000)
    }
  })
})

function splice(text: string, at: number, length: number, inserted: string): string {
  return text.slice(0, at) + inserted + text.slice(at + length)
}
