// A node of discv4 that answers as it should, pings back, and tells whoever asks of any nodes it likes.
import { createSocket } from 'node:dgram'
import { defaultCrypto, generatePrivateKey, type RlpInput } from '@peerwire/core'
import { formatNodeUrl } from '@peerwire/discovery'
import {
  endpointFields,
  nodeFields,
  PacketType,
  sealPacket,
  type WireNode,
} from '../../packages/discovery/src/discv4/packets.ts'

/** Bytes before a packet's type: hash and signature. */
const HEAD_BYTES = 97

export interface UdpLiar {
  /** `enode://…` with the TCP port that it names. */
  readonly url: string
  /** How often it was asked for nodes. */
  readonly asked: number
  close(): void
}

export interface LiarOptions {
  /** The TCP port that it says to have; default none. */
  readonly tcp?: number
  /** What it tells of, each time; at most 12, which is what fits a packet. */
  nodes(): readonly WireNode[]
}

export async function startUdpLiar({ tcp = 0, nodes }: LiarOptions): Promise<UdpLiar> {
  const privateKey = generatePrivateKey()
  const socket = createSocket('udp4')
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  const { port } = socket.address()
  const expiration = (): number => Math.floor(Date.now() / 1000) + 20
  const seal = (type: PacketType, fields: readonly RlpInput[]): Uint8Array =>
    sealPacket(type, fields, privateKey, defaultCrypto).bytes
  const place = (udp: number, tcpPort: number): RlpInput => endpointFields({ host: '127.0.0.1', udp, tcp: tcpPort })
  let asked = 0
  socket.on('message', (packet, from) => {
    const send = (bytes: Uint8Array): void => socket.send(bytes, from.port, from.address)
    if (packet[HEAD_BYTES] === PacketType.ping) {
      send(seal(PacketType.pong, [place(from.port, 0), new Uint8Array(packet.subarray(0, 32)), expiration()]))
      send(seal(PacketType.ping, [4, place(port, tcp), place(from.port, 0), expiration()]))
    }
    if (packet[HEAD_BYTES] === PacketType.findNode) {
      asked++
      send(seal(PacketType.neighbors, [nodes().map((node) => nodeFields(node)), expiration()]))
    }
  })
  const publicKey = defaultCrypto.publicKeyOf(privateKey)
  return {
    url: formatNodeUrl({ publicKey, host: '127.0.0.1', tcp, udp: port }),
    get asked() {
      return asked
    },
    close: () => socket.close(),
  }
}

/** A node that nobody is, at this TCP port. */
export function madeUpNode(tcp: number): WireNode {
  const publicKey = defaultCrypto.publicKeyOf(generatePrivateKey())
  // Below what the system gives away, and nobody of these tests is there.
  return { host: '127.0.0.1', udp: 1025 + Math.floor(Math.random() * 8000), tcp, publicKey }
}
