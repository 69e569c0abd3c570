import { describe, expect, it } from 'vitest'
import { parseNetworkAddress } from './endpoint-address.ts'
import {
  createLocalAddresses,
  LocalPriority,
  MAX_LOCAL_ADDRESSES,
  Reachability,
  reachabilityOf,
} from './local-addresses.ts'
import type { NetworkAddress } from './network-address.ts'

function at(text: string): NetworkAddress {
  return parseNetworkAddress(text)!
}

const PLACES = {
  ipv4: at('tcp://8.8.8.8:1'),
  ipv6: at('tcp://[2a00::1]:1'),
  sixToFour: at('tcp://[2002:808:808::1]:1'),
  teredo: at('tcp://[2001:0:808:808::f7f7:f7f7]:1'),
  name: at('wss://relay.example/'),
  tor: at('tcp://aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion:1'),
  i2p: at(`tcp://${'a'.repeat(52)}.b32.i2p:0`),
  cjdns: at('cjdns+tcp://[fc00::1]:1'),
  lan: at('tcp://192.168.0.1:1'),
}
type Place = keyof typeof PLACES

describe('reachabilityOf', () => {
  it.each<[remote: Place, reach: Partial<Record<Place, number>>]>([
    ['lan', { ipv4: 0, ipv6: 0, tor: 0, name: 0, lan: 0 }],
    ['tor', { tor: 6, ipv4: 4, ipv6: 1, name: 1 }],
    ['i2p', { i2p: 6, tor: 1, ipv4: 1 }],
    ['cjdns', { cjdns: 6, i2p: 1, ipv4: 1, ipv6: 1 }],
    ['teredo', { ipv4: 4, ipv6: 3, sixToFour: 3, teredo: 2, name: 4, lan: 1 }],
    ['ipv4', { ipv4: 4, name: 4, ipv6: 1, teredo: 1, lan: 1 }],
    ['ipv6', { ipv6: 5, name: 5, ipv4: 4, sixToFour: 3, teredo: 2, lan: 1 }],
    ['sixToFour', { ipv6: 5, ipv4: 4, sixToFour: 3, teredo: 2 }],
    ['name', { name: 4, ipv4: 4, ipv6: 1 }],
  ])('from %s: %j', (remote, reach) => {
    for (const [local, expected] of Object.entries(reach)) {
      expect([local, reachabilityOf(PLACES[local as Place], PLACES[remote])]).toEqual([local, expected])
    }
  })
})

describe('local addresses', () => {
  it('score one more than the priority when found again in a better way, else nothing', () => {
    const local = createLocalAddresses()
    const scores = ([0, 0, 2, 2, 3, 4, 1, 4] as const).map((priority) => [
      local.add(PLACES.ipv4, priority),
      local.all()[0]!.score,
    ])
    expect(scores).toEqual([
      [true, 0],
      [false, 0],
      [true, 3],
      [false, 3],
      [false, 3],
      [true, 5],
      [false, 5],
      [false, 5],
    ])
  })

  it('are told by reach first, by score then, and to nobody whom none of them suits', () => {
    const local = createLocalAddresses()
    const other = at('tcp://9.9.9.9:1')
    local.add(PLACES.ipv6, LocalPriority.interface)
    local.add(PLACES.ipv4, LocalPriority.bound)
    local.add(other, LocalPriority.upnp)
    expect(local.bestFor(PLACES.ipv6)).toEqual(PLACES.ipv6)
    expect(local.bestFor(PLACES.ipv4)).toEqual(other)
    expect(local.bestFor(PLACES.lan)).toBeUndefined()
    local.remove(other)
    expect(local.bestFor(PLACES.ipv4)).toEqual(PLACES.ipv4)
    expect(createLocalAddresses().bestFor(PLACES.ipv4)).toBeUndefined()
  })

  it('are not told between Tor or I2P and the rest, in either direction', () => {
    const local = createLocalAddresses()
    local.add(PLACES.ipv4, LocalPriority.manual)
    expect(local.bestFor(PLACES.tor)).toBeUndefined()
    local.add(PLACES.tor, LocalPriority.interface)
    expect(local.bestFor(PLACES.tor)).toEqual(PLACES.tor)
    expect(local.bestFor(PLACES.ipv4)).toEqual(PLACES.ipv4)
    expect(local.bestFor(PLACES.i2p)).toBeUndefined()
    local.remove(PLACES.ipv4)
    expect(local.bestFor(PLACES.ipv4)).toBeUndefined()
  })

  it('are at most 64, and only such as can be reached', () => {
    const local = createLocalAddresses()
    for (let i = 0; i < MAX_LOCAL_ADDRESSES; i++) expect(local.add(at(`tcp://8.8.8.8:${i + 1}`), 0)).toBe(true)
    expect(local.add(at('tcp://8.8.8.8:999'), 4)).toBe(false)
    expect(local.add(at('tcp://8.8.8.8:1'), 4)).toBe(true)
    expect(local.all()).toHaveLength(MAX_LOCAL_ADDRESSES)
    expect(createLocalAddresses().add(PLACES.lan, 4)).toBe(false)
  })

  it('may be of a LAN where that is what there is', () => {
    const local = createLocalAddresses(() => true)
    local.add(PLACES.lan, LocalPriority.bound)
    expect(local.bestFor(at('tcp://192.168.0.2:1'))).toEqual(PLACES.lan)
    expect(reachabilityOf(PLACES.lan, PLACES.lan, () => true)).toBe(Reachability.ipv4)
  })
})
