// The other side, free to break every rule: a socket of `node:net` and the pieces of `@peerwire/core/rlpx`.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import {
  BASE_CODES,
  BaseCode,
  createInitiator,
  createResponder,
  decodeDisconnect,
  decodeHello,
  encodeHello,
  generateKeyPair,
  portableCrypto,
  systemRandom,
} from '@peerwire/core/rlpx'
import type {
  Capability,
  DiscReason,
  Handshake,
  HandshakeResult,
  Hello,
  InitiatorOptions,
  KeyPair,
  ResponderOptions,
  WireMessage,
} from '@peerwire/core/rlpx'
import { formatAddress } from '@peerwire/core'
import { Arrivals, within } from './wait.ts'

/** What an attacker reads of one message: more than anybody sends. */
const MAX_MESSAGE_BYTES = 2 ** 24 - 1

export type Codec = HandshakeResult['codec']

export function createKeyPair(): KeyPair {
  return generateKeyPair(portableCrypto, systemRandom)
}

/** Connects to a port of 127.0.0.1. `allowHalfOpen`: the other side's end is not answered with one of its own. */
export async function connectTo(port: number, { allowHalfOpen = false } = {}): Promise<Attacker> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  const attacker = new Attacker(socket, createKeyPair())
  await within('a connection', new Promise((resolve) => socket.once('connect', resolve)))
  attacker.localPort = socket.localPort
  return attacker
}

export interface AttackerListener {
  /** To be dialed, with the key that is expected here. */
  readonly address: string
  /** The next one that dials. */
  accepted(): Promise<Attacker>
  close(): void
}

/** Listens on a free port of 127.0.0.1. */
export async function listenAsAttacker(keys: KeyPair = createKeyPair()): Promise<AttackerListener> {
  const arrivals = new Arrivals<Attacker>()
  let taken = 0
  const server = createServer((socket) => arrivals.push(new Attacker(socket, keys)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: formatAddress({ publicKey: keys.publicKey, endpoint: { scheme: 'tcp', host: '127.0.0.1', port } }),
    accepted: async () => (await arrivals.count('a dial', ++taken))[taken - 1]!,
    close: () => {
      server.close()
      for (const attacker of arrivals.all) attacker.end()
    },
  }
}

export class Attacker {
  readonly socket: Socket
  readonly keys: KeyPair
  /** Messages that came after the encryption handshake. */
  readonly messages: Arrivals<WireMessage> = new Arrivals()
  /** The link is over, whoever ended it. */
  readonly closed: Promise<void>
  /** Bytes that came in all. */
  receivedBytes = 0
  /** Where it dialed from; a socket that has ended doesn't know any more. */
  localPort: number | undefined
  #codec: Codec | undefined
  #onBytes: ((chunk: Uint8Array) => void) | undefined
  #early: Uint8Array[] = []

  constructor(socket: Socket, keys: KeyPair) {
    this.socket = socket
    this.keys = keys
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.messages.end()
        resolve()
      })
    })
    socket.on('data', (chunk: Uint8Array) => {
      this.receivedBytes += chunk.length
      if (this.#onBytes) this.#onBytes(chunk)
      else this.#early.push(chunk)
    })
  }

  get codec(): Codec {
    if (!this.#codec) throw new TypeError('no encryption handshake yet')
    return this.#codec
  }

  /** Bytes as they are, in one write. */
  write(...chunks: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(chunks))
  }

  /** Dials: sends auth and reads ack. `hostile` replaces parts of the honest handshake. */
  initiate(remotePublicKey: Uint8Array, hostile: Partial<InitiatorOptions> = {}): Promise<void> {
    return this.#shake(createInitiator({ ...this.#options(), remotePublicKey, ...hostile }))
  }

  /** Answers a dial: reads auth and sends ack. */
  respond(hostile: Partial<ResponderOptions> = {}): Promise<void> {
    return this.#shake(createResponder({ ...this.#options(), ...hostile }))
  }

  /** Sends Hello, with parts of it replaced, and turns compression on when the other's has come. */
  async greet(capabilities: readonly Capability[], hello: Partial<Hello> = {}): Promise<Hello> {
    const { publicKey } = this.keys
    this.sendRaw(BaseCode.hello, encodeHello({ name: 'attacker', capabilities, listenPort: 0, publicKey, ...hello }))
    const answer = await this.messages.first('Hello', ({ code }) => code === BaseCode.hello)
    if (!answer) throw new Error('the link ended without Hello')
    return decodeHello(answer.payload)
  }

  /** One message, compressed when the session is. */
  send(code: number, payload: Uint8Array): void {
    this.write(this.codec.seal(code, payload))
  }

  /** One message whose payload goes out as it is. */
  sendRaw(code: number, payload: Uint8Array): void {
    this.write(this.codec.sealCompressed(code, payload))
  }

  /** The reason that the node tells before the link ends; `undefined` when it ends in silence. */
  async told(): Promise<DiscReason | undefined> {
    const goodbye = await this.messages.first('a goodbye or the end', ({ code }) => code === BaseCode.disconnect)
    await within('the end of the link', this.closed)
    return goodbye && decodeDisconnect(goodbye.payload)
  }

  /** Leaves what comes unread from now on, until `read`. */
  stopReading(): void {
    this.socket.pause()
  }

  read(): void {
    this.socket.resume()
  }

  /** Drops the link. */
  end(): void {
    this.socket.destroy()
  }

  #options(): ResponderOptions {
    return { crypto: portableCrypto, random: systemRandom, privateKey: this.keys.privateKey }
  }

  async #shake(handshake: Handshake): Promise<void> {
    const done = new Promise<HandshakeResult>((resolve, reject) => {
      this.#onBytes = (chunk) => {
        try {
          const step = handshake.receive(chunk)
          if (step?.send) this.write(step.send)
          if (step?.done) {
            this.#begin(step.done)
            resolve(step.done)
          }
        } catch (error) {
          reject(error)
        }
      }
      void this.closed.then(() => reject(new Error('the link ended during the handshake')))
    })
    const first = handshake.start()
    if (first) this.write(first)
    for (const chunk of this.#early.splice(0)) this.#onBytes?.(chunk)
    await within('the encryption handshake', done)
  }

  #begin({ codec, rest }: HandshakeResult): void {
    this.#codec = codec
    codec.setLimit(() => MAX_MESSAGE_BYTES)
    const onMessage = (message: WireMessage): void => {
      if (message.code === BaseCode.hello) codec.enableSnappy()
      this.messages.push(message)
    }
    this.#onBytes = (chunk) => void codec.read(chunk, onMessage)
    if (rest.length > 0) codec.read(rest, onMessage)
  }
}

/** The code on the wire of a message of the only protocol that is shared. */
export function wireCode(own: number): number {
  return BASE_CODES + own
}
