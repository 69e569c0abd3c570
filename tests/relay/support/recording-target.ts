// A TCP proxy in front of a target: it sees exactly what the bridge sees, keeps it, and can alter one byte of it.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Way = 'up' | 'down'

/** Which byte is altered: the `at`th of the whole stream, of its part after the handshake packet, or from now on. */
export interface Alteration {
  readonly way: Way
  readonly at: number
  readonly from: 'start' | 'frames' | 'now'
}

export interface RecordingTarget {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** All bytes that went this way over the newest connection. */
  seen(way: Way): Buffer
  alter(alteration: Alteration): void
  close(): void
}

/** @param port - of 127.0.0.1, where the true target listens */
export async function recordTarget(port: number): Promise<RecordingTarget> {
  let streams: Record<Way, Stream> = { up: new Stream(), down: new Stream() }
  let alteration: Alteration | undefined
  const sockets = new Set<Socket>()
  const server = createServer((inbound) => {
    streams = {
      up: new Stream(alteration?.way === 'up' ? alteration : undefined),
      down: new Stream(alteration?.way === 'down' ? alteration : undefined),
    }
    const outbound = connect(port, '127.0.0.1')
    forward(inbound, outbound, streams.up)
    forward(outbound, inbound, streams.down)
    for (const socket of [inbound, outbound]) sockets.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: (way) => Buffer.concat(streams[way].chunks),
    alter: (wanted) => {
      alteration = wanted
      if (wanted.from === 'now') streams[wanted.way].alter(wanted)
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

class Stream {
  readonly chunks: Buffer[] = []
  #length = 0
  #alteration: Alteration | undefined
  /** Where the altered byte lies in the whole stream, once that is known. */
  #target: number | undefined

  constructor(alteration?: Alteration) {
    if (alteration && alteration.from !== 'now') this.#alteration = alteration
    if (alteration?.from === 'start') this.#target = alteration.at
  }

  alter(alteration: Alteration): void {
    this.#alteration = alteration
    this.#target = this.#length + alteration.at
  }

  /** Keeps the chunk as it came, and alters what goes on. */
  pass(chunk: Buffer): Buffer {
    this.chunks.push(Buffer.from(chunk))
    const start = this.#length
    this.#length += chunk.length
    if (this.#alteration?.from === 'frames') this.#target ??= this.#handshakeEnd(this.#alteration.at)
    const place = this.#target === undefined ? -1 : this.#target - start
    if (place >= 0 && place < chunk.length) chunk[place]! ^= 0x01
    return chunk
  }

  // The first packet of either side begins with its size in two bytes.
  #handshakeEnd(at: number): number | undefined {
    if (this.#length < 2) return undefined
    return 2 + Buffer.concat(this.chunks).readUInt16BE(0) + at
  }
}

function forward(from: Socket, to: Socket, stream: Stream): void {
  from.on('data', (chunk: Buffer) => void to.write(stream.pass(chunk)))
  from.on('error', () => to.destroy())
  from.on('close', () => to.end())
}
