import { describe, expect, it } from 'vitest'
import { hostOf, prefixOf, strictPrefixPolicy, visitorPrefixOf } from './prefix.ts'

describe('prefixOf', () => {
  it.each([
    ['1.2.3.4', '1.2.3.0/24'],
    ['1.2.3.200:5000', '1.2.3.0/24'],
    ['[::ffff:1.2.3.4]:5000', '1.2.3.0/24'],
    ['::ffff:1.2.3.4', '1.2.3.0/24'],
    ['[2002:102:304:77::1]:5000', '1.2.3.0/24'],
    ['2001:4860:1:2:3:4:5:6', '2001:4860:1:2::/64'],
    ['[2001:4860:1:2::9]:443', '2001:4860:1:2::/64'],
    ['wss://relay.example:443/reach/1', 'relay.example'],
    ['ws://1.2.3.4/', '1.2.3.0/24'],
    ['relay.example', 'relay.example'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['100.64.3.4', '100.64.3.0/24'],
  ])('%s counts as %s', (address, prefix) => {
    expect(prefixOf(address)).toBe(prefix)
  })

  it.each([
    '127.0.0.1:5000',
    '[::1]:5000',
    '10.0.0.9',
    '192.168.0.1:1',
    '[fe80::1]:7',
    'ws://localhost:4000/',
    'memory://a:1',
    '::ffff:127.0.0.1',
  ])('%s is exempt', (address) => {
    expect(prefixOf(address)).toBeUndefined()
  })
})

describe('strictPrefixPolicy', () => {
  it.each([
    ['127.0.0.1:5000', '127.0.0.0/24', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.0/24', '127.0.0.1'],
    ['[::1]:5000', '0:0:0:0::/64', '0:0:0:0::/64'],
    ['10.0.0.9', '10.0.0.0/24', '10.0.0.9'],
    ['ws://localhost:4000/', 'localhost', 'localhost'],
    ['1.2.3.200:5000', '1.2.3.0/24', '1.2.3.200'],
  ])('counts %s as %s, and as a visitor as %s', (address, prefix, visitor) => {
    expect(strictPrefixPolicy.prefixOf(address)).toBe(prefix)
    expect(visitorPrefixOf(address, strictPrefixPolicy)).toBe(visitor)
  })
})

describe('hostOf', () => {
  it.each([
    ['host:1', 'host'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['ws://user@host:1/a:b@c', 'host'],
    ['', ''],
    [':::', ':::'],
  ])('%j has the host %j', (address, host) => {
    expect(hostOf(address)).toBe(host)
  })
})
