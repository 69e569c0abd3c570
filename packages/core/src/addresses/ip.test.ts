import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { parseIp } from './ip.ts'

describe('parseIp', () => {
  it.each([
    ['1.2.3.4', '01020304'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['1::', `0001${'00'.repeat(14)}`],
    ['2001:DB8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['64:ff9b::1.2.3.4', '0064ff9b000000000000000001020304'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['::ffff:1.2.3.4', '01020304'],
    ['::ffff:102:304', '01020304'],
  ])('reads %s', (text, hex) => {
    expect(toHex(parseIp(text)!)).toBe(hex)
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '0x1.2.3.4',
    '1e1.2.3.4',
    '1..3.4',
    ':',
    ':::',
    '1:2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8',
    '::12345',
    '::g',
    ':1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8:',
    '::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    'relay.example',
    '::ffff:1.2.3.256',
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  it('reads any address as it is written out in full', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        if (bytes.subarray(0, 12).every((byte) => byte === 0 || byte === 0xff)) return
        const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
        expect(parseIp(words.join(':'))).toEqual(bytes)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%[\]]{0,50}$/)), (text) => {
        const bytes = parseIp(text)
        expect(bytes === undefined || bytes.length === 4 || bytes.length === 16).toBe(true)
      }),
    )
  })
})
