// What an operator may write as a target of the bridge.
import { describe, expect, it } from 'vitest'
import { toHex } from '@peerwire/core'
import { parseBridgeTarget } from './target.ts'

const KEY = 'ab'.repeat(64)

describe('parseBridgeTarget', () => {
  it('reads a target with and without its key', () => {
    const known = parseBridgeTarget(`geth=enode://${KEY}@127.0.0.1:30303?discport=0`)
    expect([known.alias, toHex(known.publicKey!)]).toEqual(['geth', KEY])
    const endpoint = { scheme: 'tcp', host: '::1', port: 30_303 }
    expect(parseBridgeTarget('my-node.1=[::1]:30303')).toEqual({ alias: 'my-node.1', endpoint, publicKey: undefined })
    expect(parseBridgeTarget('a=tcp://[::1]:30303').endpoint).toEqual(endpoint)
  })

  it.each([
    ['127.0.0.1:30303', /a target is ALIAS=/],
    ['=127.0.0.1:30303', /a target is ALIAS=/],
    ['UPPER=127.0.0.1:30303', /with an alias of a-z/],
    ['../x=127.0.0.1:30303', /with an alias of a-z/],
    [`${'a'.repeat(64)}=127.0.0.1:30303`, /with an alias of a-z/],
    ['a=127.0.0.1', /needs a port/],
    ['a=127.0.0.1:0', /needs a port/],
    ['a=127.0.0.1:65536', /port 65536 is past 65535/],
    ['a=ws://127.0.0.1:80/', /leads to TCP only/],
    ['a=enode://12@127.0.0.1:1', /public key must be 128 hex digits/],
    ['a=', /needs a port/],
  ])('refuses %s', (text, message) => {
    expect(() => parseBridgeTarget(text)).toThrow(message)
  })
})
