// A session over a TCP socket, made of nothing but `@peerwire/core/rlpx` and `node:net`: what a user of that entry
// writes.
import { createServer, connect } from 'node:net'
import type { Server, Socket } from 'node:net'
import {
  BASE_CODES,
  BaseCode,
  createInitiator,
  createResponder,
  decodeHello,
  encodeHello,
  generateKeyPair,
  portableCrypto,
  systemRandom,
} from '@peerwire/core/rlpx'
import type {
  Capability,
  FrameCodec,
  Handshake,
  HandshakeResult,
  Hello,
  KeyPair,
  WireMessage,
} from '@peerwire/core/rlpx'

const WAIT_MS = 60_000
/** The most that a frame can carry. */
const MAX_MESSAGE_BYTES = 2 ** 24 - 1

export function createKeyPair(): KeyPair {
  return generateKeyPair(portableCrypto, systemRandom)
}

export interface Session {
  readonly remotePublicKey: Uint8Array
  send(code: number, payload: Uint8Array): void
  /** Puts the payload on the wire as it is. */
  sendUncompressed(code: number, payload: Uint8Array): void
  /**
   * The next message; `undefined` when the remote has closed. @throws what reading threw, or a plain error after 10 s
   */
  receive(): Promise<WireMessage | undefined>
  /** Sends our Hello and reads the remote's, then turns compression on. */
  exchangeHello(own: KeyPair, capabilities: readonly Capability[]): Promise<Hello>
  /** Ends the socket. */
  close(): void
}

/** Dials `port` of 127.0.0.1 and proves that `remotePublicKey` is there. */
export async function dialSession(port: number, remotePublicKey: Uint8Array, own: KeyPair): Promise<Session> {
  const { privateKey } = own
  const socket = connect(port, '127.0.0.1')
  return await shake(
    socket,
    createInitiator({ crypto: portableCrypto, random: systemRandom, privateKey, remotePublicKey }),
  )
}

/** Listens on a free port of 127.0.0.1; the promise of `accepted` is the first session. */
export async function listenForSession(
  own: KeyPair,
): Promise<{ readonly port: number; readonly accepted: Promise<Session>; close(): void }> {
  const { privateKey } = own
  const server: Server = createServer()
  const accepted = new Promise<Session>((resolve, reject) => {
    server.once('connection', (socket) => {
      shake(socket, createResponder({ crypto: portableCrypto, random: systemRandom, privateKey })).then(resolve, reject)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`no port: ${address}`)
  return { port: address.port, accepted, close: () => server.close() }
}

async function shake(socket: Socket, handshake: Handshake): Promise<Session> {
  socket.setNoDelay(true)
  const result = await new Promise<HandshakeResult>((resolve, reject) => {
    const onData = (chunk: Uint8Array): void => {
      try {
        const step = handshake.receive(chunk)
        if (step?.send) socket.write(step.send)
        if (!step?.done) return
        socket.pause().off('data', onData)
        resolve(step.done)
      } catch (error) {
        reject(error)
      }
    }
    socket.on('data', onData).once('error', reject)
    socket.once('close', () => reject(new Error('closed during the handshake')))
    const first = handshake.start()
    if (first) socket.write(first)
  }).catch((error: unknown) => {
    socket.destroy()
    throw error
  })
  return createSession(socket, result)
}

function createSession(socket: Socket, { codec, remotePublicKey, rest }: HandshakeResult): Session {
  const receive = messagesOf(socket, codec, rest)
  const session: Session = {
    remotePublicKey,
    send: (code, payload) => void socket.write(codec.seal(code, payload)),
    sendUncompressed: (code, payload) => void socket.write(codec.sealCompressed(code, payload)),
    receive,
    exchangeHello: async ({ publicKey }, capabilities) => {
      session.send(BaseCode.hello, encodeHello({ name: 'peerwire-test', capabilities, listenPort: 0, publicKey }))
      const message = await receive()
      if (message?.code !== BaseCode.hello) throw new Error(`no Hello but ${message?.code}`)
      codec.enableSnappy()
      codec.setLimit((code) => (code < BASE_CODES ? 2048 : MAX_MESSAGE_BYTES))
      return decodeHello(message.payload)
    },
    close: () => void socket.destroy(),
  }
  return session
}

/** One message at a time, so that compression can be turned on between Hello and what came with it. */
function messagesOf(socket: Socket, codec: FrameCodec, rest: Uint8Array): () => Promise<WireMessage | undefined> {
  const chunks: Uint8Array[] = [rest]
  let wake = (): void => undefined
  let over = false
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    wake()
  })
  socket.on('error', () => undefined)
  socket.once('close', () => {
    over = true
    wake()
  })
  socket.resume()
  const next = (): WireMessage | undefined => {
    let message: WireMessage | undefined
    while (!message) {
      const whole = codec.read(chunks.shift() ?? new Uint8Array(0), (read) => {
        message = read
        return false
      })
      if (whole && chunks.length === 0) break
    }
    return message
  }
  return () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no message within ${WAIT_MS} ms`)), WAIT_MS)
      wake = () => {
        try {
          const message = next()
          if (!message && !over) return
          wake = () => undefined
          clearTimeout(timer)
          resolve(message)
        } catch (error) {
          clearTimeout(timer)
          reject(error)
        }
      }
      wake()
    })
}
