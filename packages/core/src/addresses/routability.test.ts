import { describe, expect, it } from 'vitest'
import { parseIp } from './ip.ts'
import { isLocalHost, isRoutableIp } from './routability.ts'

/** Each range by its first and last address, and what lies right outside. */
const RANGES: readonly [inside: readonly string[], outside: readonly string[]][] = [
  [['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
  [
    ['10.0.0.0', '10.255.255.255'],
    ['9.255.255.255', '11.0.0.0'],
  ],
  [
    ['100.64.0.0', '100.127.255.255'],
    ['100.63.255.255', '100.128.0.0'],
  ],
  [
    ['127.0.0.0', '127.255.255.255'],
    ['126.255.255.255', '128.0.0.0'],
  ],
  [
    ['169.254.0.0', '169.254.255.255'],
    ['169.253.255.255', '169.255.0.0'],
  ],
  [
    ['172.16.0.0', '172.31.255.255'],
    ['172.15.255.255', '172.32.0.0'],
  ],
  [
    ['192.0.2.0', '192.0.2.255'],
    ['192.0.1.255', '192.0.3.0'],
  ],
  [
    ['192.168.0.0', '192.168.255.255'],
    ['192.167.255.255', '192.169.0.0'],
  ],
  [
    ['198.18.0.0', '198.19.255.255'],
    ['198.17.255.255', '198.20.0.0'],
  ],
  [
    ['198.51.100.0', '198.51.100.255'],
    ['198.51.99.255', '198.51.101.0'],
  ],
  [
    ['203.0.113.0', '203.0.113.255'],
    ['203.0.112.255', '203.0.114.0'],
  ],
  [['224.0.0.0', '239.255.255.255', '240.0.0.0', '255.255.255.255'], ['223.255.255.255']],
  [['::', '::1', '0:1::', '0:ffff::'], ['1::']],
  [
    ['fe80::', 'febf::1'],
    ['fe7f::1', 'fec0::1'],
  ],
  [
    ['fc00::', 'fdff::1'],
    ['fbff::1', 'fe00::1'],
  ],
  [['ff00::', 'ffff::1'], ['feff::1']],
  [
    ['2001:db8::', '2001:db8:ffff::'],
    ['2001:db7::', '2001:db9::'],
  ],
  [
    ['2001:10::', '2001:2f::', '2001:1f:ffff::'],
    ['2001:f::', '2001:30::'],
  ],
  [
    ['::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '2002:0a00:1::1'],
    ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1', '::ffff:0:808:808'],
  ],
]

describe('isRoutableIp', () => {
  it.each(RANGES)('refuses %j, and not %j', (inside, outside) => {
    for (const text of inside) expect([text, isRoutableIp(parseIp(text)!)]).toEqual([text, false])
    for (const text of outside) expect([text, isRoutableIp(parseIp(text)!)]).toEqual([text, true])
  })

  it('takes multicast and reserved ranges for routable only when asked to, broadcast never', () => {
    for (const text of ['250.1.1.1', '224.0.0.1', 'ff02::1'])
      expect(isRoutableIp(parseIp(text)!, { reserved: true })).toBe(true)
    expect(isRoutableIp(parseIp('255.255.255.255')!, { reserved: true })).toBe(false)
  })
})

describe('isLocalHost', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '10.1.2.3',
    '192.168.1.1',
    '172.20.0.1',
    '169.254.0.9',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST.',
    'app.localhost',
    'printer',
    'nas.local',
    'box.lan',
    'router.home.arpa',
  ])('takes %s for local', (host) => {
    expect(isLocalHost(host)).toBe(true)
  })

  it.each([
    '8.8.8.8',
    '100.64.0.1',
    '0.0.0.0',
    '192.0.2.1',
    '2001:4860::1',
    'relay.example',
    'localhost.example',
    '2130706433',
    '0x7f.1',
    '127.1',
    '0x7f000001',
  ])('does not take %s for local', (host) => {
    expect(isLocalHost(host)).toBe(false)
  })
})
