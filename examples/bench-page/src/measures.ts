// What is measured, each as a function that any page can call; no element of the page is touched here.
import { type Crypto, createNode, generatePrivateKey, type Node, type Peer } from '@peerwire/core'
import { createInitiator, createResponder, systemRandom } from '@peerwire/core/rlpx'
import { webSocket } from '@peerwire/transport-ws'
import { measuring, sendPieces } from '../protocol.mjs'
import { watchFrames } from './frames.ts'

/** How much is done: `full` to learn a figure, `short` to learn whether it works. */
export type Extent = 'full' | 'short'

export interface Measure {
  readonly id: string
  readonly title: string
  readonly unit: string
  /** Whether more is better. */
  readonly rises: boolean
  run(bench: Bench, extent: Extent): Promise<Figure>
}

export interface Figure {
  readonly value: number
  /** For rates: how much was moved in all, also before the clock ran, in the unit without its second. */
  readonly moved?: number
}

/** Where a measurement takes place. */
export interface Bench {
  readonly address: string
  readonly crypto: Crypto
}

const MIB = 1_048_576
/** What arrives while frames are watched. */
const ARRIVING_BYTES = 20 * MIB

export const MEASURES: readonly Measure[] = [
  {
    id: 'dial',
    title: 'Dial to peer, with WebSocket and both handshakes',
    unit: 'ms',
    rises: false,
    run: async (bench, extent) => ({ value: median(await repeat(timesOf(extent), () => timeDial(bench))) }),
  },
  {
    id: 'initiator',
    title: 'Encryption handshake, this end’s work',
    unit: 'ms',
    rises: false,
    run: async ({ crypto }, extent) => ({ value: median(await repeat(timesOf(extent), () => timeInitiator(crypto))) }),
  },
  throughput('in', 65_536, 'MB/s'),
  throughput('out', 65_536, 'MB/s'),
  throughput('in', 100, 'msg/s'),
  throughput('out', 100, 'msg/s'),
  frames(65_536, '64 KiB'),
  frames(MIB, '1 MiB'),
  frames(10 * MIB, '10 MiB'),
]

function throughput(direction: 'in' | 'out', bytes: number, unit: 'MB/s' | 'msg/s'): Measure {
  const size = bytes === 100 ? '100 B' : '64 KiB'
  return {
    id: `${direction}-${bytes}`,
    title: `Messages of ${size}, ${direction === 'in' ? 'received' : 'sent'}`,
    unit,
    rises: true,
    run: (bench, extent) =>
      withPeer(bench, async (peer, pieces) => {
        const whole = bytes === 100 ? 20_000 : 400
        const count = extent === 'full' ? whole : whole / 20
        const move = direction === 'in' ? pieces.receive : pieces.send
        let moved = 0
        const amountOf = (pieceCount: number): number => (unit === 'MB/s' ? (pieceCount * bytes) / 1e6 : pieceCount)
        const round = async (pieceCount: number): Promise<number> => {
          const startedMs = performance.now()
          await move(peer, bytes, pieceCount)
          moved += amountOf(pieceCount)
          return amountOf(pieceCount) / ((performance.now() - startedMs) / 1000)
        }
        // Once before the clock runs: compilers and keystreams get going.
        await round(Math.ceil(count / 4))
        const value = median(await repeat(extent === 'full' ? 5 : 1, () => round(count)))
        return { value, moved }
      }),
  }
}

function frames(bytes: number, size: string): Measure {
  return {
    id: `frames-${bytes}`,
    title: `Longest frame while 20 MiB arrive in messages of ${size}`,
    unit: 'ms',
    rises: false,
    run: (bench, extent) =>
      withPeer(bench, async (peer, pieces) => {
        const arriving = extent === 'full' ? ARRIVING_BYTES : ARRIVING_BYTES / 2
        const count = Math.floor(arriving / bytes)
        const longest = await repeat(extent === 'full' ? 3 : 1, async () => {
          const watch = await watchFrames()
          await pieces.receive(peer, bytes, count)
          return watch.end()
        })
        return { value: Math.max(...longest) }
      }),
  }
}

interface Pieces {
  receive(peer: Peer, bytes: number, count: number): Promise<void>
  send(peer: Peer, bytes: number, count: number): Promise<void>
}

/** A node of its own for one measurement, closed after it. */
async function withPeer(bench: Bench, use: (peer: Peer, pieces: Pieces) => Promise<Figure>): Promise<Figure> {
  let missing = 0
  let arrived = (): void => undefined
  let failed: (error: Error) => void = () => undefined
  let sent = 0
  const node = createTab(bench, () => {
    if (--missing === 0) arrived()
  })
  node.on('peer:removed', ({ error }) => failed(error))
  const pieces: Pieces = {
    receive: (peer, bytes, count) =>
      new Promise((resolve, reject) => {
        missing = count
        arrived = resolve
        failed = reject
        void peer.send(measuring, 'want', { bytes, count })
      }),
    send: async (peer, bytes, count) => {
      sent += count
      await sendPieces(peer, bytes, count)
      await peer.request(measuring, 'received', sent)
    },
  }
  try {
    await node.start()
    return await use(await node.dial(bench.address), pieces)
  } finally {
    await node.close()
  }
}

function createTab({ crypto }: Bench, onPiece: () => void = () => undefined): Node {
  return createNode({
    name: 'bench-tab',
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    protocols: [measuring.with({ piece: onPiece })],
    crypto,
  })
}

function timesOf(extent: Extent): number {
  return extent === 'full' ? 15 : 2
}

async function timeDial(bench: Bench): Promise<number> {
  const node = createTab(bench)
  try {
    await node.start()
    const startedMs = performance.now()
    await node.dial(bench.address)
    return performance.now() - startedMs
  } finally {
    await node.close()
  }
}

// Both ends are here, and only what the initiator does is counted.
async function timeInitiator(crypto: Crypto): Promise<number> {
  const [privateKey, remoteKey] = [generatePrivateKey(), generatePrivateKey()]
  const remotePublicKey = crypto.publicKeyOf(remoteKey)
  const responder = createResponder({ crypto, random: systemRandom, privateKey: remoteKey })
  let startedMs = performance.now()
  const initiator = createInitiator({ crypto, random: systemRandom, privateKey, remotePublicKey })
  const auth = initiator.start()
  const firstMs = performance.now() - startedMs
  const ack = responder.receive(auth!)?.send
  startedMs = performance.now()
  if (!initiator.receive(ack!)?.done) throw new Error('the handshake did not end')
  // A turn of the page's loop between two, so that it stays alive.
  const lastMs = performance.now() - startedMs
  await new Promise((resolve) => setTimeout(resolve))
  return firstMs + lastMs
}

async function repeat(times: number, step: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  while (values.length < times) values.push(await step())
  return values
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)]!
}
