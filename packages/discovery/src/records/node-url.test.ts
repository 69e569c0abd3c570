import { describe, expect, it } from 'vitest'
import { fromHex, portableCrypto as crypto } from '@peerwire/core'
import { formatNodeUrl, parseNodeUrl } from './node-url.ts'

/** The key of go-ethereum's own table of URLs. */
const KEY =
  '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270' +
  'bcc9e1a6f6a439'
const publicKey = fromHex(KEY)

describe('a node URL', () => {
  it.each([
    [`enode://${KEY}@127.0.0.1:52150`, { host: '127.0.0.1', tcp: 52150, udp: 52150 }],
    [`enode://${KEY}@valid.:3`, { host: 'valid.', tcp: 3, udp: 3 }],
    [`enode://${KEY}@[::]:52150`, { host: '::', tcp: 52150, udp: 52150 }],
    [
      `enode://${KEY}@[2001:db8:3c4d:15::abcd:ef12]:52150`,
      { host: '2001:db8:3c4d:15::abcd:ef12', tcp: 52150, udp: 52150 },
    ],
    [`enode://${KEY}@127.0.0.1:52150?discport=22334`, { host: '127.0.0.1', tcp: 52150, udp: 22334 }],
    [`enode://${KEY}@127.0.0.1:0?discport=22334`, { host: '127.0.0.1', tcp: 0, udp: 22334 }],
    [`enode://${KEY}`, { tcp: 0, udp: 0 }],
  ])('%s is read, and printed as it was', (text, wanted) => {
    const url = parseNodeUrl(text, crypto)
    expect(url).toEqual({ publicKey, ...wanted })
    expect(formatNodeUrl(url)).toBe(text)
  })

  it.each([
    [KEY, `enode://${KEY}`],
    [`ENODE://${KEY.toUpperCase()}@127.0.0.1:5`, `enode://${KEY}@127.0.0.1:5`],
    [`enode://${KEY}@127.0.0.1:5?discport=5`, `enode://${KEY}@127.0.0.1:5`],
    [`enode://${KEY}@127.0.0.1:5?discport=`, `enode://${KEY}@127.0.0.1:5`],
    [`enode://${KEY}@127.0.0.1:5?other=1&discport=7`, `enode://${KEY}@127.0.0.1:5?discport=7`],
    [`enode://${KEY}@[::ffff:127.0.0.1]:5`, `enode://${KEY}@127.0.0.1:5`],
    [`enode://${KEY}@NODE.example:5`, `enode://${KEY}@node.example:5`],
  ])('%s is read as %s', (text, printed) => {
    expect(formatNodeUrl(parseNodeUrl(text, crypto))).toBe(printed)
  })

  it.each([
    ['', 'written as'],
    ['01010101', '8 characters'],
    ['enode://01010101', '8 characters'],
    ['enode://01010101@123.124.125.126:3', '8 characters'],
    [`enode://${'0'.repeat(128)}@127.0.0.1:3`, 'no point'],
    [`enode://${KEY}@127.0.0.1:foo`, 'written as'],
    [`enode://${KEY}@127.0.0.1`, 'written as'],
    [`enode://${KEY}@127.0.0.1:65536`, 'not 65536'],
    [`enode://${KEY}@127.0.0.1:3?discport=foo`, 'discport must be'],
    [`enode://${KEY}@127.0.0.1:3?discport=65536`, 'discport must be'],
    [`enode://${KEY}@[::x]:3`, 'no IPv6'],
    [`http://${KEY}@127.0.0.1:3`, 'written as'],
    [`enode://${KEY}@${'a'.repeat(1000)}:3`, 'characters'],
  ])('%s is refused', (text, says) => {
    expect(() => parseNodeUrl(text, crypto)).toThrow(says)
    expect(() => parseNodeUrl(text, crypto)).toThrow(TypeError)
  })
})
