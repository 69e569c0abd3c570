import { describe, expect, it } from 'vitest'
import { fromHex, portableCrypto as crypto, toHex } from '@peerwire/core'
import fc from 'fast-check'
import { endpointFields, isExpired, nodeFields, openPacket, PacketType, sealPacket, senderOf } from './packets.ts'

const KEY = fromHex('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
/** Just before the packets of EIP-8 expire. */
const WALL_MS = 1_136_239_445_000 - 5_000

/** EIP-8, "Test Vectors": all signed by the same key, all good until the same second. */
const EIP8 = [
  {
    name: 'a ping',
    hex: '71dbda3a79554728d4f94411e42ee1f8b0d561c10e1e5f5893367948c6a7d70bb87b235fa28a77070271b6c164a2dce8c7e13a5739b53b5e96f2e5acb0e458a02902f5965d55ecbeb2ebb6cabb8b2b232896a36b737666c55265ad0a68412f250001ea04cb847f000001820cfa8215a8d790000000000000000000000000000000018208ae820d058443b9a355',
    body: { type: PacketType.ping, from: { host: '127.0.0.1', udp: 3322, tcp: 5544 }, seq: 0n },
  },
  {
    name: 'a ping with more items',
    hex: 'e9614ccfd9fc3e74360018522d30e1419a143407ffcce748de3e22116b7e8dc92ff74788c0b6663aaa3d67d641936511c8f8d6ad8698b820a7cf9e1be7155e9a241f556658c55428ec0563514365799a4be2be5a685a80971ddcfa80cb422cdd0101ec04cb847f000001820cfa8215a8d790000000000000000000000000000000018208ae820d058443b9a3550102',
    body: { type: PacketType.ping, from: { host: '127.0.0.1', udp: 3322, tcp: 5544 }, seq: 1n },
  },
  {
    name: 'a question for nodes with more items',
    hex: 'c7c44041b9f7c7e41934417ebac9a8e1a4c6298f74553f2fcfdcae6ed6fe53163eb3d2b52e39fe91831b8a927bf4fc222c3902202027e5e9eb812195f95d20061ef5cd31d502e47ecb61183f74a504fe04c51e73df81f25c4d506b26db4517490103f84eb840ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574077f301b421bc84df7266c44e9e6d569fc56be00812904767bf5ccd1fc7f8443b9a35582999983999999280dc62cc8255c73471e0a61da0c89acdc0e035e260add7fc0c04ad9ebf3919644c91cb247affc82b69bd2ca235c71eab8e49737c937a2c396',
    body: { type: PacketType.findNode, target: crypto.publicKeyOf(KEY) },
  },
  {
    name: 'an answer with more items',
    hex: 'c679fc8fe0b8b12f06577f2e802d34f6fa257e6137a995f6f4cbfc9ee50ed3710faf6e66f932c4c8d81d64343f429651328758b47d3dbc02c4042f0fff6946a50f4a49037a72bb550f3a7872363a83e1b9ee6469856c24eb4ef80b7535bcf99c0004f9015bf90150f84d846321163782115c82115db8403155e1427f85f10a5c9a7755877748041af1bcd8d474ec065eb33df57a97babf54bfd2103575fa829115d224c523596b401065a97f74010610fce76382c0bf32f84984010203040101b840312c55512422cf9b8a4097e9a6ad79402e87a15ae909a4bfefa22398f03d20951933beea1e4dfa6f968212385e829f04c2d314fc2d4e255e0d3bc08792b069dbf8599020010db83c4d001500000000abcdef12820d05820d05b84038643200b172dcfef857492156971f0e6aa2c538d8b74010f8e140811d53b98c765dd2d96126051913f44582e8c199ad7c6d6819e9a56483f637feaac9448aacf8599020010db885a308d313198a2e037073488203e78203e8b8408dcab8618c3253b558d459da53bd8fa68935a719aff8b811197101a4b2b47dd2d47295286fc00cc081bb542d760717d1bdd6bec2c37cd72eca367d6dd3b9df738443b9a355010203b525a138aa34383fec3d2719a0',
    body: {
      type: PacketType.neighbors,
      nodes: [
        { host: '99.33.22.55', udp: 4444, tcp: 4445 },
        { host: '1.2.3.4', udp: 1, tcp: 1 },
        { host: '2001:db8:3c4d:15::abcd:ef12', udp: 3333, tcp: 3333 },
        { host: '2001:db8:85a3:8d3:1319:8a2e:370:7348', udp: 999, tcp: 1000 },
      ],
    },
  },
]

describe('the packets of EIP-8', () => {
  it.each(EIP8)('$name is read, with what nobody knows in it', ({ hex, body }) => {
    const packet = openPacket(fromHex(hex), WALL_MS, crypto)
    if (typeof packet === 'string') throw new Error(packet)
    expect(packet.body).toMatchObject(body)
    expect(toHex(senderOf(packet, crypto)!)).toBe(toHex(crypto.publicKeyOf(KEY)))
  })

  it.each(EIP8)('$name has expired a minute later', ({ hex }) => {
    expect(openPacket(fromHex(hex), WALL_MS + 60_000, crypto)).toBe('expired')
  })
})

describe('packets', () => {
  const expiration = WALL_MS / 1000 + 20
  const here = { host: '127.0.0.1', udp: 30303, tcp: 30304 }
  const there = { host: '2001:db8::1', udp: 5, tcp: 6 }

  it.each([
    [PacketType.ping, [4, endpointFields(here), endpointFields(there), expiration, 9], { from: here, seq: 9n }],
    [PacketType.pong, [endpointFields(there), new Uint8Array(32), expiration], { to: there, seq: 0n }],
    [PacketType.findNode, [new Uint8Array(64).fill(1), expiration], { target: new Uint8Array(64).fill(1) }],
    [PacketType.enrRequest, [expiration], {}],
    [PacketType.enrResponse, [new Uint8Array(32), [new Uint8Array(64), 1]], { token: new Uint8Array(32) }],
  ] as const)('of type %i are read as they were written', (type, fields, body) => {
    const { bytes, hash } = sealPacket(type, fields, KEY, crypto)
    const packet = openPacket(bytes, WALL_MS, crypto)
    if (typeof packet === 'string') throw new Error(packet)
    expect(packet.body).toMatchObject({ type, ...body })
    expect(packet.hash).toEqual(hash)
    expect(senderOf(packet, crypto)).toEqual(crypto.publicKeyOf(KEY))
  })

  it('of neighbours keep those that can be read, and IPv4 in IPv6 is IPv4', () => {
    const node = { ...here, publicKey: new Uint8Array(64).fill(3) }
    const mapped = fromHex('00000000000000000000ffff7f000001')
    const items = [
      nodeFields(node),
      [new Uint8Array(5), 1, 1, node.publicKey],
      [mapped, 30303, 30304, node.publicKey],
      [mapped, 70_000, 1, node.publicKey],
      [mapped, 1, 1, new Uint8Array(63)],
      'no list',
    ]
    const { bytes } = sealPacket(PacketType.neighbors, [items, expiration], KEY, crypto)
    expect(openPacket(bytes, WALL_MS, crypto)).toMatchObject({ body: { nodes: [node, node] } })
  })

  it('of 12 neighbours with IPv6 are small enough, 13 are not', () => {
    const node = nodeFields({
      host: '2001:db8::1234',
      udp: 65_535,
      tcp: 65_535,
      publicKey: new Uint8Array(64).fill(255),
    })
    const length = (count: number): number => {
      const nodes = Array.from({ length: count }, () => node)
      return sealPacket(PacketType.neighbors, [nodes, 2n ** 62n], KEY, crypto).bytes.length
    }
    expect(length(12)).toBeLessThanOrEqual(1_280)
    expect(length(13)).toBeGreaterThan(1_280)
  })

  it('whose ping names a strange address of its own are taken all the same', () => {
    const strange = [new Uint8Array(7), 1, 2]
    const { bytes } = sealPacket(PacketType.ping, [4, strange, strange, expiration], KEY, crypto)
    expect(openPacket(bytes, WALL_MS, crypto)).toMatchObject({ body: { from: { host: undefined, udp: 1, tcp: 2 } } })
  })

  it('have expired by the second, from 2^63 on, and when they are good for more than a day', () => {
    const now = BigInt(WALL_MS / 1000)
    expect(
      [now - 1n, now, now + 86_400n, now + 86_401n, 2n ** 63n, 2n ** 64n - now].map((at) => isExpired(at, WALL_MS)),
    ).toEqual([true, false, false, true, true, true])
  })

  it('are never read from anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_300 }), (bytes) => {
        expect(typeof openPacket(bytes, WALL_MS, crypto)).toBe('string')
      }),
    )
  })
})
