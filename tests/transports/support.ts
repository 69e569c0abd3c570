// What the socket tests share: links that write down what they are told, listeners and raw sockets that end with
// the test.
import { connect, type Socket } from 'node:net'
import type { Endpoint, Link, Listener, PeerError, Transport } from '@peerwire/core'
import { onTestFinished } from 'vitest'

/** An opened link and what it was told. */
export interface Recorded {
  readonly link: Link
  readonly chunks: Uint8Array[]
  /** The error of the end, or `undefined` for one in order. */
  readonly ended: Promise<PeerError | undefined>
  /** Waits for so many bytes in all, and answers them. */
  received(length: number): Promise<Buffer>
}

/** Opens `link`; it is aborted with the test. */
export function record(link: Link): Recorded {
  const chunks: Uint8Array[] = []
  const waiting = new Set<() => void>()
  onTestFinished(() => link.abort())
  const ended = new Promise<PeerError | undefined>((resolve) => {
    link.open({
      bytes: (chunk) => {
        chunks.push(chunk)
        for (const look of waiting) look()
      },
      drain: () => undefined,
      end: resolve,
    })
  })
  const received = async (length: number): Promise<Buffer> =>
    await new Promise((resolve) => {
      const look = (): void => {
        const all = Buffer.concat(chunks)
        if (all.length < length) return
        waiting.delete(look)
        resolve(all)
      }
      waiting.add(look)
      look()
    })
  return { link, chunks, ended, received }
}

export interface Listening {
  readonly endpoint: Endpoint
  readonly listener: Listener
  readonly listeners: readonly Listener[]
  /** Links accepted so far. */
  readonly links: readonly Link[]
  /** The next link that is accepted. */
  next(): Promise<Link>
}

/** Opens the transport's listeners; they close with the test. */
export async function listen(transport: Transport): Promise<Listening> {
  const links: Link[] = []
  const waiting: ((link: Link) => void)[] = []
  const listeners = await transport.listen!({
    link: (link) => {
      links.push(link)
      waiting.shift()?.(link)
    },
  })
  onTestFinished(async () => {
    for (const link of links) link.abort()
    for (const listener of listeners) await listener.close()
  })
  const next = async (): Promise<Link> => await new Promise((resolve) => waiting.push(resolve))
  return { endpoint: listeners[0]!.endpoint, listener: listeners[0]!, listeners, links, next }
}

/** A TCP connection without anything above it. */
export interface RawSocket {
  readonly socket: Socket
  /** All that came until the remote ended the connection. */
  readonly answer: Promise<string>
}

/** Connects and writes `text`; the socket is destroyed with the test. */
export async function openRaw({ host, port }: Endpoint, text = ''): Promise<RawSocket> {
  const socket = connect({ host, port })
  onTestFinished(() => void socket.destroy())
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.removeAllListeners('error').on('error', () => undefined)
  let said = ''
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
    })
    socket.once('close', () => resolve(said))
  })
  socket.write(text)
  return { socket, answer }
}

/** The error that `promise` rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  return await promise.then(
    () => {
      throw new Error('it succeeded')
    },
    (error: Error) => error,
  )
}
