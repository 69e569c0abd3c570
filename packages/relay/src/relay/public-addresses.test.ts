// Which addresses somebody is told, by where they reached the relay and what the operator said.
import { describe, expect, it } from 'vitest'
import { type Endpoint, fromHex, parseEndpoint } from '@peerwire/core'
import { parseBridgeTarget } from '../bridge/target.ts'
import { type AddressFacts, addressesFor, bridgeEntries, pageUrl } from './public-addresses.ts'

const KEY = 'ab'.repeat(64)
const GETH = 'cd'.repeat(64)
const LOCAL_TCP = parseEndpoint('tcp://127.0.0.1:30303')
const LOCAL_WS = parseEndpoint('ws://127.0.0.1:30380/')
const ANY_TCP = parseEndpoint('tcp://0.0.0.0:30303')
const ANY_WS = parseEndpoint('ws://0.0.0.0:30380/')

function facts(listeners: readonly Endpoint[], more: Partial<AddressFacts> = {}): AddressFacts {
  return { publicKey: fromHex(KEY), listeners, publicEndpoint: undefined, advertised: [], bridge: [], ...more }
}

function seenAt(listener: Endpoint, host: string, port = listener.port, scheme = listener.scheme) {
  return { listener, scheme, host, port }
}

describe('addressesFor', () => {
  it('tells this machine every listener, wildcards as loopback', () => {
    expect(addressesFor(facts([LOCAL_WS, ANY_TCP, parseEndpoint('tcp://[::]:1')]))).toEqual([
      `ws://${KEY}@127.0.0.1:30380/`,
      `enode://${KEY}@127.0.0.1:30303`,
      `enode://${KEY}@[::1]:1`,
    ])
  })

  it('tells somebody elsewhere the host they used, and no loopback address', () => {
    expect(addressesFor(facts([ANY_WS, ANY_TCP]), seenAt(ANY_WS, 'relay.example', 8080))).toEqual([
      `ws://${KEY}@relay.example:8080/`,
      `enode://${KEY}@relay.example:30303`,
    ])
    const forwarded = seenAt(LOCAL_WS, 'relay.example', 443, 'wss')
    expect(addressesFor(facts([LOCAL_WS, LOCAL_TCP]), forwarded)).toEqual([`wss://${KEY}@relay.example:443/`])
  })

  it('tells exactly what the operator said, when they said something', () => {
    const publicEndpoint = parseEndpoint('wss://relay.example/')
    const advertised = [parseEndpoint('tcp://203.0.113.5:30303')]
    expect(addressesFor(facts([LOCAL_WS], { publicEndpoint, advertised }), seenAt(LOCAL_WS, 'x'))).toEqual([
      `wss://${KEY}@relay.example:443/`,
      `enode://${KEY}@203.0.113.5:30303`,
    ])
  })
})

describe('bridgeEntries', () => {
  const bridge = [`geth=enode://${GETH}@127.0.0.1:30310`, 'other=10.0.0.1:30303'].map(parseBridgeTarget)

  it('leads over the listener as it was reached, with the key of the target where it is known', () => {
    expect(bridgeEntries(facts([ANY_WS], { bridge }), seenAt(ANY_WS, 'lan.example'))).toEqual([
      {
        alias: 'geth',
        endpoint: 'ws://lan.example:30380/bridge/geth',
        address: `ws://${GETH}@lan.example:30380/bridge/geth`,
      },
      { alias: 'other', endpoint: 'ws://lan.example:30380/bridge/other' },
    ])
  })

  it('leads over the public URL and below its path, when there is one', () => {
    const publicEndpoint = parseEndpoint('wss://relay.example/p2p/')
    const [first] = bridgeEntries(facts([LOCAL_WS], { bridge, publicEndpoint }), seenAt(LOCAL_WS, 'x'))
    expect(first?.address).toBe(`wss://${GETH}@relay.example:443/p2p/bridge/geth`)
  })
})

describe('pageUrl', () => {
  it.each([
    ['ws://127.0.0.1:30380/', 'http://127.0.0.1:30380/'],
    ['ws://0.0.0.0:8080/', 'http://127.0.0.1:8080/'],
    ['wss://relay.example/', 'https://relay.example/'],
    ['ws://[::]:80/', 'http://[::1]/'],
  ])('of %s is %s', (endpoint, url) => {
    expect(pageUrl(parseEndpoint(endpoint))).toBe(url)
  })
})
