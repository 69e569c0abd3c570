import { describe, expect, it } from 'vitest'
import { groupOf } from './groups.ts'

describe('groupOf', () => {
  it.each([
    ['1.2.3.4', 'ipv4:1.2'],
    ['1.2.200.9', 'ipv4:1.2'],
    ['::ffff:1.2.3.4', 'ipv4:1.2'],
    ['64:ff9b::1.2.3.4', 'ipv4:1.2'],
    ['::ffff:0:102:304', 'ipv4:1.2'],
    ['2002:102:304::1', 'ipv4:1.2'],
    ['2001:0:9d38:953c:2c5f:1:fefd:fcfb', 'ipv4:1.2'],
    ['2001:4860:4860::8888', 'ipv6:2001:4860'],
    ['2001:4860:ffff::1', 'ipv6:2001:4860'],
    ['2001:470:1234::1', 'ipv6:2001:470:1'],
    ['2001:470:1fff::1', 'ipv6:2001:470:1'],
    ['2001:470:f234::1', 'ipv6:2001:470:f'],
    ['relay.example', 'name:relay.example'],
    ['a.b.RELAY.example.', 'name:relay.example'],
    [`${'a'.repeat(55)}d.onion`, 'tor:0'],
    [`${'7'.repeat(56)}.onion`, 'tor:f'],
    [`sub.${'c'.repeat(56)}.onion`, 'tor:1'],
    [`${'q'.repeat(52)}.b32.i2p`, 'i2p:8'],
    ['0.0.0.0', 'unroutable'],
    ['192.0.2.1', 'unroutable'],
    ['2001:db8::1', 'unroutable'],
    ['2002:a00:1::1', 'unroutable'],
    ['250.1.2.3', 'unroutable'],
    ['2130706433', 'unroutable'],
    ['1.2.3', 'unroutable'],
    ['0x7f.0.0.1', 'unroutable'],
  ])('%s is in %s', (host, group) => {
    expect(groupOf({ host })).toBe(group)
  })

  it.each(['127.0.0.1', '10.0.0.1', '192.168.0.1', '::1', 'fe80::1', 'localhost', 'tab.localhost'])(
    '%s is in none',
    (host) => {
      expect(groupOf({ host })).toBeUndefined()
    },
  )

  it('groups reserved addresses like others where they are allowed', () => {
    expect(groupOf({ host: '250.1.2.3' }, { reserved: true })).toBe('ipv4:250.1')
  })
})
