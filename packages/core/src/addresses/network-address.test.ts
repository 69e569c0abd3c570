// Addresses between their forms: bytes of the wire, endpoints of transports, the written form, the key.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import {
  addressOfEndpoint,
  endpointOfAddress,
  formatNetworkAddress,
  hostOfAddress,
  ipAddress,
  parseNetworkAddress,
} from './endpoint-address.ts'
import {
  addressKey,
  addressOfKey,
  asciiToBytes,
  createNetworkAddress,
  isAddressPath,
  judgeAddress,
  NetworkId,
} from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { onionName, parseOnionName } from './onion.ts'

const ONION = 'aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion'
const FACEBOOK = 'facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion'
const COUNTING = Uint8Array.from({ length: 32 }, (_, i) => i)

describe('the written form', () => {
  it.each([
    ['tcp://1.2.3.4:30303', '1 tcp 01020304:30303'],
    ['tcp://[2001:db8::1]:5', '2 tcp 20010db8000000000000000000000001:5'],
    ['ws://1.2.3.4:80/', '1 ws 01020304:80/'],
    ['wss://relay.example:443/reach/abc?x=1', '240 wss relay.example:443/reach/abc?x=1'],
    ['tcp://relay.example:5', '240 tcp relay.example:5'],
    [`tcp://${ONION}:9`, `4 tcp ${'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'}:9`],
    [`tcp://${'a'.repeat(52)}.b32.i2p:0`, `5 tcp ${'00'.repeat(32)}:0`],
    ['cjdns+ws://[fc00:1::2]:7/', '6 ws fc000001000000000000000000000002:7/'],
    ['tcp://[fd00::1]:1', '2 tcp fd000000000000000000000000000001:1'],
  ])('%s has the key %s', (text, key) => {
    const address = parseNetworkAddress(text)!
    expect(addressKey(address)).toBe(key)
    expect(addressOfKey(key)).toEqual(address)
    expect(formatNetworkAddress(address)).toBe(text)
  })

  it.each([
    ['ws://Relay.Example', 'ws://relay.example:80/'],
    ['tcp://[::ffff:1.2.3.4]:5', 'tcp://1.2.3.4:5'],
    ['enode://relay.example.:5', 'tcp://relay.example:5'],
    [`tcp://${ONION.toUpperCase()}:5`, `tcp://${ONION}:5`],
  ])('%s is the same as %s', (text, same) => {
    expect(formatNetworkAddress(parseNetworkAddress(text)!)).toBe(same)
  })

  it.each([
    ['another scheme', 'memory://node0:1'],
    ['no address', 'nonsense'],
    ['port 0', 'tcp://1.2.3.4:0'],
    ['a checksum that is wrong', `tcp://b${ONION.slice(1)}:1`],
    ['a version that is wrong', `tcp://${ONION.slice(0, 55)}c.onion:1`],
    ['Tor v2', 'tcp://aaaaaaaaaaaaaaaa.onion:1'],
    ['a subdomain of an onion', `tcp://www.${ONION}:1`],
    ['I2P with unused bits set', `tcp://${'a'.repeat(51)}b.b32.i2p:0`],
    ['a number that resolvers take for an address', 'tcp://2130706433:1'],
    ['a name that is no name', 'tcp://a..b:1'],
    ['a label of 64 letters', `tcp://${'a'.repeat(64)}.example:1`],
    ['a name of 254 letters', `tcp://${'a.'.repeat(126)}aa:1`],
    ['a name that is not ASCII', 'ws://relé.example/'],
    ['a path of 65 bytes', `ws://relay.example/${'p'.repeat(64)}`],
    ['a path that is not ASCII', 'ws://relay.example/é'],
    ['CJDNS elsewhere than fc00::/8', 'cjdns+tcp://[fd00::1]:1'],
    ['CJDNS by name', 'cjdns+tcp://relay.example:1'],
  ])('%s can not be held', (_, text) => {
    expect(parseNetworkAddress(text)).toBeUndefined()
  })

  it('leaves nothing out of an endpoint that can be held', () => {
    const endpoint = { scheme: 'wss', host: 'relay.example', port: 443, path: `/${'p'.repeat(63)}` }
    expect(endpointOfAddress(addressOfEndpoint(endpoint)!)).toEqual(endpoint)
    const tcp = { scheme: 'tcp', host: '::1', port: 30_303 }
    expect(endpointOfAddress(addressOfEndpoint(tcp)!)).toEqual(tcp)
    expect(hostOfAddress(ipAddress('::1', 5)!)).toBe('::1')
    expect(ipAddress('relay.example', 5)).toBeUndefined()
  })
})

describe('onion names', () => {
  it('are made and read with checksum and version', () => {
    const zero = new Uint8Array(32)
    expect(onionName(zero)).toBe('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaam2dqd.onion')
    expect(onionName(COUNTING)).toBe(ONION)
    expect(parseOnionName(ONION)).toEqual(COUNTING)
    expect(onionName(parseOnionName(FACEBOOK)!)).toBe(FACEBOOK)
  })

  it('are refused with any letter changed', () => {
    for (let i = 0; i < 56; i++) {
      const other = FACEBOOK[i] === 'q' ? 'r' : 'q'
      expect(parseOnionName(FACEBOOK.slice(0, i) + other + FACEBOOK.slice(i + 1))).toBeUndefined()
    }
  })
})

describe('judgeAddress', () => {
  const bytes = (length: number, ...first: number[]) => Uint8Array.from({ length }, (_, i) => first[i] ?? 1)
  it.each<[number, Uint8Array, string]>([
    [1, bytes(4), 'keep'],
    [1, bytes(5), 'invalid'],
    [2, bytes(16), 'keep'],
    [2, bytes(4), 'invalid'],
    [2, bytes(16, 0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43), 'skip'],
    [2, fromHex(`${'00'.repeat(10)}ffff01020304`), 'skip'],
    [3, bytes(10), 'skip'],
    [3, bytes(11), 'invalid'],
    [4, bytes(32), 'keep'],
    [4, bytes(10), 'invalid'],
    [5, bytes(32), 'keep'],
    [6, bytes(16, 0xfc), 'keep'],
    [6, bytes(16), 'skip'],
    [7, bytes(512), 'skip'],
    [7, bytes(513), 'invalid'],
    [240, asciiToBytes('relay.example'), 'keep'],
    [240, asciiToBytes('1.2.3.4'), 'invalid'],
    [240, asciiToBytes(ONION), 'invalid'],
    [240, asciiToBytes('Relay.example'), 'invalid'],
    [240, bytes(0), 'invalid'],
  ])('network %d with %s: %s', (network, given, verdict) => {
    expect(judgeAddress(network, given)).toBe(verdict)
  })
})

describe('keys', () => {
  const address = fc
    .record({
      network: fc.constantFrom(...Object.values(NetworkId)),
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      name: fc.domain().map((name) => name.toLowerCase()),
      port: fc.integer({ min: 1, max: 65_535 }),
      transport: fc.constantFrom('tcp' as const, 'ws' as const, 'wss' as const),
      path: fc.stringMatching(/^\/[!-"$-~]{0,63}$/),
    })
    .map(({ network, seed, name, path, ...rest }) => {
      const length = { 1: 4, 2: 16, 3: 10, 4: 32, 5: 32, 6: 16, 240: 0 }[network]
      if (network === NetworkId.cjdns) seed[0] = 0xfc
      const bytes = network === NetworkId.name ? asciiToBytes(name) : seed.slice(0, length)
      return createNetworkAddress({ network, bytes, path: rest.transport === 'tcp' ? '' : path, ...rest })
    })
    .filter((made): made is NetworkAddress => made !== undefined)

  it('tell addresses apart and give them back, and so does the written form', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        expect(addressOfKey(addressKey(one))).toEqual(one)
        expect(parseNetworkAddress(formatNetworkAddress(one))).toEqual(one)
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(addressKey(one) === addressKey(other)).toBe(isSame)
      }),
    )
  })

  it('are nothing else: any text gives no address or is the key of what it gives', () => {
    const pieces = fc.array(fc.constantFrom('1', '2', '240', ' tcp ', ' ws ', '01020304', ':', '/', '5', 'a.b', '00'))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((parts) => parts.join('')),
        ),
        (text) => {
          const read = addressOfKey(text)
          if (read) expect(addressKey(read)).toBe(text)
        },
      ),
    )
    for (const key of ['1 tcp 01020304:030303', '1 tcp 01020304:1/', '1 ws 01020304:1', '3 tcp 00:1', '1 tcp 0102:1'])
      expect(addressOfKey(key)).toBeUndefined()
  })

  it('hold a path of 64 bytes and not of 65, and none for tcp', () => {
    expect(isAddressPath(`/${'p'.repeat(63)}`, 'ws')).toBe(true)
    expect(isAddressPath(`/${'p'.repeat(64)}`, 'ws')).toBe(false)
    expect(isAddressPath('/', 'tcp')).toBe(false)
    expect(isAddressPath('/a#b', 'wss')).toBe(false)
  })
})
