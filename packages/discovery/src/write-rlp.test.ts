// Records and packets are written, to the byte, as the core writes them.
import {
  concatBytes,
  defaultCrypto as crypto,
  encodeRlp,
  generatePrivateKey,
  seededRandom,
  toHex,
} from '@peerwire/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endpointFields, nodeFields, PacketType, sealPacket } from './discv4/packets.ts'
import { signRecord } from './records/record.ts'

const KEY = generatePrivateKey(seededRandom(4))

it('a record of any values, text that looks like hex among them', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.nat(),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom('0x', '0x1', '0x00ff', 'relay.example:443/', ''),
    fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 3 }),
  )
  fc.assert(
    fc.property(value, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (one, seq) => {
      const { bytes, pairs, signature, publicKey } = signRecord({ seq, values: { aa: one } }, KEY, crypto)
      const compressed = concatBytes(Uint8Array.of(2 + (publicKey![63]! & 1)), publicKey!.subarray(0, 32))
      const content = [seq, 'aa', one, 'id', 'v4', 'secp256k1', compressed]
      expect(toHex(bytes)).toBe(toHex(encodeRlp([signature, ...content])))
      expect(toHex(pairs.get('aa')!)).toBe(toHex(encodeRlp(one)))
    }),
    { numRuns: 20 },
  )
})

it('packets with endpoints, neighbours and numbers', () => {
  const endpoint = endpointFields({ host: '20.1.1.1', udp: 30_303, tcp: 0 })
  const node = nodeFields({ host: '2600::1', udp: 1, tcp: 65_535, publicKey: new Uint8Array(64).fill(7) })
  for (const fields of [[4, endpoint, endpoint, 1_700_000_000, 2n ** 63n], [[node, node], 1_700_000_000], []]) {
    const { bytes } = sealPacket(PacketType.neighbors, fields, KEY, crypto)
    expect(toHex(bytes.subarray(98))).toBe(toHex(encodeRlp(fields)))
  }
})
