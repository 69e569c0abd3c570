// A node over memory links, and strangers at the far end of them that say no more than a test tells them.
import { expect } from 'vitest'
import { equalBytes } from '../src/base/bytes.ts'
import { seededRandom } from '../src/base/random.ts'
import type { Random } from '../src/base/random.ts'
import { generatePrivateKey } from '../src/crypto/private-key.ts'
import { portableCrypto } from '../src/crypto/portable.ts'
import type { DiscReason } from '../src/errors/disc-reason.ts'
import type { PeerError } from '../src/errors/peer-error.ts'
import type { SetUpFailure } from '../src/node/events.ts'
import { createNode } from '../src/node/node.ts'
import type { Node } from '../src/node/node.ts'
import type { NodeOptions } from '../src/node/options.ts'
import { text } from '../src/protocols/codecs.ts'
import { defineProtocol, message } from '../src/protocols/define-protocol.ts'
import { createInitiator } from '../src/rlpx/handshake.ts'
import type { Handshake, HandshakeProgress } from '../src/rlpx/handshake.ts'
import { createResponder } from '../src/rlpx/responder.ts'
import { createManualClock } from '../src/testing/manual-clock.ts'
import type { ManualClock } from '../src/testing/manual-clock.ts'
import { createMemoryNetwork } from '../src/testing/memory-transport.ts'
import type { MemoryNetwork } from '../src/testing/memory-transport.ts'
import { parseAddress } from '../src/wire/address.ts'
import type { Endpoint } from '../src/wire/address.ts'
import { BaseCode, EMPTY_LIST } from '../src/wire/base-messages.ts'
import { decodeDisconnect, encodeDisconnect } from '../src/wire/disconnect.ts'
import type { FrameCodec, WireMessage } from '../src/wire/frame-codec.ts'
import { encodeHello } from '../src/wire/hello.ts'
import type { Link, LinkSink, Transport } from '../src/wire/link.ts'
import type { Capability } from '../src/wire/peer.ts'

export const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
export const SHARED: readonly Capability[] = [{ name: 'chat', version: 1 }]
export const STRANGE: readonly Capability[] = [{ name: 'other', version: 1 }]

export interface Keys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

/**
 * The far end of one link: goes through the encryption handshake where it has one, and says no more than it is
 * told.
 */
export class Stranger implements LinkSink {
  readonly keys: Keys
  readonly #link: Link
  readonly #handshake: Handshake | undefined
  #codec: FrameCodec | undefined
  /** Codes of the messages that came, in order. */
  readonly heard: number[] = []
  /** The reason of the goodbye that came. */
  told: DiscReason | undefined
  over = false
  /** Whether it answers pings. */
  answers = false

  constructor(link: Link, keys: Keys, handshake: Handshake | undefined) {
    this.#link = link
    this.keys = keys
    this.#handshake = handshake
    link.open(this)
    const first = handshake?.start()
    if (first) link.write(first)
  }

  greet(capabilities: readonly Capability[] = SHARED): void {
    const { publicKey } = this.keys
    const hello = encodeHello({ name: 'stranger', capabilities, listenPort: 0, publicKey })
    this.#link.write(this.#codec!.sealCompressed(BaseCode.hello, hello))
  }

  /** Whether the encryption handshake is done. */
  get isReady(): boolean {
    return this.#codec !== undefined
  }

  sayGoodbye(reason: DiscReason): void {
    this.#link.write(this.#codec!.seal(BaseCode.disconnect, encodeDisconnect(reason)))
  }

  hangUp(): void {
    this.#link.abort()
  }

  bytes(chunk: Uint8Array): void {
    if (this.#codec) return void this.#codec.read(chunk, (message) => this.#message(message))
    const step = this.#receive(chunk)
    if (step?.send) this.#link.write(step.send)
    if (!step?.done) return
    this.#codec = step.done.codec
    this.bytes(step.done.rest)
  }

  // Whoever was meant by somebody else's handshake hangs up.
  #receive(chunk: Uint8Array): HandshakeProgress | undefined {
    try {
      return this.over ? undefined : this.#handshake?.receive(chunk)
    } catch {
      this.over = true
      this.#link.abort()
      return undefined
    }
  }

  #message({ code, payload }: WireMessage): void {
    this.heard.push(code)
    if (code === BaseCode.hello) this.#codec!.enableSnappy()
    if (code === BaseCode.ping && this.answers) this.#link.write(this.#codec!.seal(BaseCode.pong, EMPTY_LIST))
    if (code === BaseCode.disconnect) this.told = decodeDisconnect(payload)
  }

  drain(): void {}

  end(): void {
    this.over = true
  }
}

export class World {
  readonly clock: ManualClock = createManualClock()
  readonly random: Random = seededRandom(5)
  readonly network: MemoryNetwork = createMemoryNetwork({ clock: this.clock, random: this.random })
  readonly own: Keys = this.newKeys()
  readonly failures: SetUpFailure[] = []
  readonly #transport: Transport = this.network.transport('stranger', { listen: [0, 0] })
  readonly #waiting: Link[] = []
  node!: Node
  /** Two places where strangers can be dialed. */
  endpoints: readonly Endpoint[] = []

  async start(options: Partial<NodeOptions>): Promise<this> {
    const { clock, random } = this
    const transports = [this.network.transport('node', { listen: true })]
    const { privateKey } = this.own
    this.node = createNode({ privateKey, transports, protocols: [chat.with({})], clock, random, ...options })
    this.node.on('setup:failed', (failure) => this.failures.push(failure))
    const listeners = await this.#transport.listen!({ link: (link) => this.#waiting.push(link) })
    this.endpoints = listeners.map(({ endpoint }) => endpoint)
    await this.node.start()
    return this
  }

  newKeys(): Keys {
    const privateKey = generatePrivateKey(this.random)
    return { privateKey, publicKey: portableCrypto.publicKeyOf(privateKey) }
  }

  pass(ms = 0): Promise<void> {
    return this.clock.advanceAsync(ms)
  }

  /** Dials the node; at checkpoint 1 when the encryption handshake is done, which `silent` never begins. */
  async inbound(keys: Keys = this.newKeys(), silent = false, host = 'stranger'): Promise<Stranger> {
    const link = await this.network.transport(host).dial(parseAddress(this.node.addresses[0]!).endpoint)
    const { privateKey } = keys
    const remotePublicKey = this.node.publicKey
    const options = { crypto: portableCrypto, random: this.random, privateKey, remotePublicKey }
    const stranger = new Stranger(link, keys, silent ? undefined : createInitiator(options))
    await this.pass()
    return stranger
  }

  /** At checkpoint 2. */
  async greeted(capabilities: readonly Capability[] = SHARED, keys?: Keys): Promise<Stranger> {
    const stranger = await this.inbound(keys)
    stranger.greet(capabilities)
    await this.pass()
    return stranger
  }

  /** Dialed by the node at one of two places; otherwise as `inbound`. `ended` is how the dial fails. */
  async outbound(
    keys: Keys = this.newKeys(),
    silent = false,
    way = 0,
  ): Promise<{ stranger: Stranger; ended: Promise<unknown> }> {
    const dial = this.node.dial({ publicKey: keys.publicKey, endpoint: this.endpoints[way]! })
    const ended = dial.then(
      () => undefined,
      (error: unknown) => error,
    )
    await this.pass()
    const stranger = this.answer(keys, silent)!
    await this.pass()
    return { stranger, ended }
  }

  /** Whoever has these keys takes the oldest link of those that the node has opened, if there is one. */
  answer(keys: Keys, silent = false): Stranger | undefined {
    const link = this.#waiting.shift()
    const { privateKey } = keys
    const handshake = createResponder({ crypto: portableCrypto, random: this.random, privateKey })
    return link && new Stranger(link, keys, silent ? undefined : handshake)
  }

  /** What the node says of the end of this stranger's set-up. */
  failureOf({ keys }: Stranger): PeerError | undefined {
    const own = this.failures.filter(({ publicKey }) => publicKey && equalBytes(publicKey, keys.publicKey))
    return own.at(-1)?.error
  }

  async close(): Promise<void> {
    const closing = this.node.close()
    await this.pass(2000)
    await closing
    expect(this.clock.pendingTimers).toBe(0)
  }
}
