import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { endpointOfAddress, parseNetworkAddress } from './endpoint-address.ts'
import { groupText, isRoutableAddress, networkGroups } from './group-policy.ts'
import { groupOf } from './groups.ts'

const ONION = 'aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion'
const FACEBOOK = 'facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion'
const policy = networkGroups()

describe('groups', () => {
  it.each([
    ['tcp://1.2.3.4:1', '010102'],
    ['wss://1.2.3.4/reach/1', '010102'],
    ['tcp://[64:ff9b::1.2.3.4]:1', '010102'],
    ['tcp://[::ffff:0:102:304]:1', '010102'],
    ['tcp://[2002:102:304::1]:1', '010102'],
    ['tcp://[2001:0:9d38:953c:2c5f:1:fefd:fcfb]:1', '010102'],
    ['tcp://[2a00:1450:1::1]:1', '022a001450'],
    ['tcp://[2001:470:1234::1]:1', '02200104701f'],
    [`tcp://${ONION}:1`, '030f'],
    [`tcp://${FACEBOOK}:1`, '032f'],
    [`tcp://${'q'.repeat(51)}a.b32.i2p:0`, '048f'],
    ['cjdns+tcp://[fc12:3456::1]:1', '05fc1f'],
    ['wss://relay.example/', `10${toHex(new TextEncoder().encode('relay.example'))}`],
    ['wss://a.b.relay.example/reach/2', `10${toHex(new TextEncoder().encode('relay.example'))}`],
    ['tcp://127.0.0.1:1', '00'],
    ['tcp://10.0.0.1:1', '00'],
    ['tcp://250.1.1.1:1', '00'],
    ['tcp://[2001:db8::1]:1', '00'],
    ['ws://tab.localhost/', '00'],
  ])('of %s are the bytes %s', (text, hex) => {
    const address = parseNetworkAddress(text)!
    const group = policy.groupOf(address)
    expect(toHex(group)).toBe(hex)
    const { host } = endpointOfAddress(address)
    // What the dialer calls `unroutable` is never in a book unless it is asked for; it has no text here.
    const isKnown = isRoutableAddress(address) && !text.startsWith('cjdns')
    expect(groupText(group)).toBe(isKnown ? groupOf({ host }) : text.startsWith('cjdns') ? '5:fc1f' : undefined)
  })

  it('of a name are those of the address that we resolved it to', () => {
    const name = parseNetworkAddress('wss://relay.example/')!
    expect(toHex(policy.groupOf(name, fromHex('01020304')))).toBe('010102')
    expect(toHex(policy.groupOf(name, fromHex('7f000001')))).toBe('00')
  })

  it('of reserved addresses are as of others where they are allowed, under another version', () => {
    const reserved = networkGroups({ reserved: true })
    expect(toHex(reserved.groupOf(parseNetworkAddress('tcp://250.1.1.1:1')!))).toBe('01fa01')
    expect(reserved.version).not.toBe(policy.version)
  })
})

describe('isRoutableAddress', () => {
  it.each([
    ['tcp://8.8.8.8:1', true],
    ['tcp://10.0.0.1:1', false],
    ['tcp://[fc00::1]:1', false],
    ['cjdns+tcp://[fc00::1]:1', true],
    [`tcp://${ONION}:1`, true],
    ['wss://relay.example/', true],
    ['ws://localhost/', false],
    ['ws://printer/', false],
  ])('%s: %s', (text, expected) => {
    expect(isRoutableAddress(parseNetworkAddress(text)!)).toBe(expected)
  })
})
