import { describe, expect, it } from 'vitest'
import { parseEndpoint, portableCrypto, toHex } from '@peerwire/core'
import { hoodi } from '../networks/hoodi.ts'
import { asksFromAnywhere } from './finder-socket.ts'

const KEY = toHex(portableCrypto.publicKeyOf(new Uint8Array(32).fill(7)))

describe('a relay that looks for nodes', () => {
  it.each([
    ['near its usual listener where its nodes are', [], [`enode://${KEY}@127.0.0.1:1`], false],
    ['from anywhere where they are not', [], hoodi.bootnodes, true],
    ['from anywhere beside a listener of this machine', ['tcp://127.0.0.1:0'], hoodi.bootnodes, true],
    ['from anywhere where a name may lead there', ['ws://127.0.0.1:0'], [`enode://${KEY}@node.example:1`], true],
    ['near a listener that others reach', ['tcp://0.0.0.0:0'], hoodi.bootnodes, false],
  ] as const)('asks %s', (_, listen, bootnodes, isAnywhere) => {
    const search = { chain: undefined, bootnodes, trees: [] }
    expect(asksFromAnywhere({ listen: listen.map((text) => parseEndpoint(text)), search })).toBe(isAnywhere)
  })
})
