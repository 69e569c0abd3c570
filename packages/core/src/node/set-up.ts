// From an open link to a peer: both handshakes and both checkpoints under one deadline.
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { Timer } from '../base/clock.ts'
import { equalBytes } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isTold } from '../errors/meaning.ts'
import { handlerFailed, isPeerError, PeerError } from '../errors/peer-error.ts'
import { createInitiator, createResponder } from '../rlpx/handshake.ts'
import type { Handshake } from '../rlpx/handshake.ts'
import type { Endpoint } from '../wire/address.ts'
import { BaseCode } from '../wire/base-messages.ts'
import { decodeDisconnect, encodeDisconnect } from '../wire/disconnect.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import { decodeHello, encodeHello } from '../wire/hello.ts'
import type { Hello } from '../wire/hello.ts'
import type { Direction, Link, LinkSink } from '../wire/link.ts'
import type { HandshakeSupplies } from './handshake-supplies.ts'
import type { Settings } from './options.ts'

/** From this version of the base protocol on, messages after Hello are compressed. */
const SNAPPY_VERSION = 5

/** A set-up that may have to wait before it reads on. */
export interface Waiting {
  readonly task: Pick<SetUpTask, 'link'>
  readonly phase: SetUpPhase
  read(chunk: Uint8Array): void
}

/** What an inbound set-up needs until it knows who is there. */
export interface SetUpEntry {
  /** Waits with bytes for their turn, and calls `read` then. */
  wait(setUp: Waiting, chunk: Uint8Array): void
  /** Ends the link and says why, where no Disconnect can be sent yet; `false`: it only has to be cut. */
  refuse(error: PeerError): boolean
}

/** What the set-up of one link needs to know. */
export interface SetUpTask {
  readonly link: Link
  readonly direction: Direction
  /** The transport's name. */
  readonly transport: string
  /** Whom we dialed; inbound links have nobody to expect. */
  readonly expected: Uint8Array | undefined
  readonly endpoint: Endpoint | undefined
  /** What an inbound link came through. */
  readonly entry?: SetUpEntry | undefined
}

/** A connection that has said Hello. */
export interface Greeted {
  readonly number: number
  readonly task: SetUpTask
  readonly publicKey: Uint8Array
  readonly hello: Hello
  readonly codec: FrameCodec
}

/** Where the node may refuse, and what it makes of a connection that passes. */
export interface SetUpHost<P extends LinkSink> {
  readonly settings: Settings
  /** What a node that listens has ready for its handshakes. */
  supplies(): HandshakeSupplies | undefined
  /** Our own Hello. */
  hello(): Hello
  /**
   * Checkpoint 1: the key is proven. A promise holds the connection until a rival one with the same key is decided.
   *
   * @throws {PeerError}
   */
  checkpointKey(setUp: SetUp<P>, publicKey: Uint8Array): Promise<void> | undefined
  /** Checkpoint 2: Hello is known. Makes the peer, which takes over the link. @throws {PeerError} */
  checkpointHello(greeted: Greeted): P
  /** The link has a peer now: it starts reading. */
  begin(peer: P): void
}

/** Where a set-up is; `held` waits for another link of the same key. */
export type SetUpPhase = 'encryption' | 'held' | 'hello' | 'peer' | 'over'

export class SetUp<P extends LinkSink> implements LinkSink {
  /** Its own number, never used again. */
  readonly number: number
  readonly task: SetUpTask
  /** Whether the dialer was told that an inbound connection of this key is in progress. */
  told = false
  readonly #host: SetUpHost<P>
  // What an idle peer would keep in vain is dropped as soon as there is one.
  #handshake: Handshake | undefined
  #result: Deferred<P> | undefined = createDeferred()
  #phase: SetUpPhase = 'encryption'
  #codec: FrameCodec | undefined
  #publicKey: Uint8Array | undefined
  #peer: P | undefined
  #timer: Timer | undefined
  readonly #startedMs: number

  constructor(number: number, task: SetUpTask, host: SetUpHost<P>) {
    const { crypto, random, privateKey, clock, limits } = host.settings
    this.number = number
    this.task = task
    this.#host = host
    this.#startedMs = clock.now()
    const options = { crypto, random, privateKey, ...host.supplies() }
    this.#handshake = task.expected
      ? createInitiator({ ...options, remotePublicKey: task.expected })
      : createResponder(options)
    this.#result!.promise.catch(() => undefined)
    this.#timer = clock.setTimer(limits.encryptionMs, () => this.#timeout('encryption handshake'))
  }

  /** The remote's key, once proven. */
  get publicKey(): Uint8Array | undefined {
    return this.#publicKey
  }

  get phase(): SetUpPhase {
    return this.#phase
  }

  /** Settles when it is decided whether this link became a peer. */
  get settled(): Promise<void> {
    const nothing = (): undefined => undefined
    return this.#result?.promise.then(nothing, nothing) ?? Promise.resolve()
  }

  /** Opens the link; resolves with the peer, or rejects with what ended the set-up. */
  run(): Promise<P> {
    const { promise } = this.#result!
    const first = this.#handshake!.start()
    this.task.link.open(this)
    if (first) this.task.link.write(first)
    return promise
  }

  /** Ends the set-up; the remote is told when frames can be sent already. */
  fail(error: PeerError): void {
    if (this.#phase === 'peer' || this.#phase === 'over') return
    const { link } = this.task
    const { clock, limits } = this.#host.settings
    this.#phase = 'over'
    this.#timer?.cancel()
    if (this.#tell(error)) this.#timer = clock.setTimer(limits.goodbyeMs, () => link.abort())
    else link.abort()
    this.#result?.reject(error)
  }

  #tell(error: PeerError): boolean {
    const { link, entry } = this.task
    const codec = this.#codec
    if (!codec) return entry?.refuse(error) ?? false
    if (!isTold(error)) return false
    link.write(codec.seal(BaseCode.disconnect, encodeDisconnect(error.reason)))
    link.close()
    return true
  }

  /** Cuts the link without waiting for the goodbye. */
  cut(): void {
    this.#timer?.cancel()
    this.task.link.abort()
  }

  bytes(chunk: Uint8Array): void {
    if (this.#peer) return this.#peer.bytes(chunk)
    if (this.task.entry && this.#phase === 'encryption') this.task.entry.wait(this, chunk)
    else this.read(chunk)
  }

  /** Takes bytes whose turn it is. */
  read(chunk: Uint8Array): void {
    this.#guard(() => {
      if (this.#phase === 'encryption') this.#encryption(chunk)
      else if (this.#phase === 'hello') this.#codec?.read(chunk, (message) => this.#message(message))
    })
  }

  #guard(step: () => void): void {
    try {
      step()
      this.#handOver()
    } catch (error) {
      this.fail(isPeerError(error) ? error : handlerFailed(error))
    }
  }

  drain(): void {
    this.#peer?.drain()
  }

  end(error?: PeerError): void {
    if (this.#peer) return this.#peer.end(error)
    this.#timer?.cancel()
    this.fail(error ?? new PeerError('link lost', DiscReason.networkError, this.#lostText()))
    this.#timer?.cancel()
  }

  #lostText(): string {
    const after = `${Math.round(this.#host.settings.clock.now() - this.#startedMs)} ms`
    return this.#phase === 'encryption'
      ? `the remote closed the link before its handshake, after ${after} (wrong key, throttled, or not an RLPx node)`
      : `the remote closed the link before its Hello, after ${after}`
  }

  #encryption(chunk: Uint8Array): void {
    const progress = this.#handshake!.receive(chunk)
    if (!progress) return
    if (progress.send) this.task.link.write(progress.send)
    if (!progress.done) return
    this.#handshake = undefined
    const { remotePublicKey, codec, rest } = progress.done
    const { clock, limits } = this.#host.settings
    this.#publicKey = remotePublicKey
    this.#codec = codec
    this.#phase = 'hello'
    this.#timer?.cancel()
    const left = limits.setUpMs - (clock.now() - this.#startedMs)
    this.#timer = clock.setTimer(Math.max(0, left), () => this.#timeout('protocol handshake'))
    const held = this.#host.checkpointKey(this, remotePublicKey)
    if (!held) return this.#greet(rest)
    this.#phase = 'held'
    this.task.link.pause()
    held.then(
      () => this.#guard(() => this.#release(rest)),
      (error) =>
        this.#guard(() => {
          throw error
        }),
    )
  }

  #release(rest: Uint8Array): void {
    if (this.#phase !== 'held') return
    this.#phase = 'hello'
    const again = this.#host.checkpointKey(this, this.#publicKey!)
    if (again)
      throw new PeerError(
        'disconnect reason',
        DiscReason.alreadyConnected,
        'another connection of this key is in progress',
      )
    this.task.link.resume()
    this.#greet(rest)
  }

  #greet(rest: Uint8Array): void {
    const codec = this.#codec!
    this.task.link.write(codec.seal(BaseCode.hello, encodeHello(this.#host.hello())))
    if (rest.length > 0) codec.read(rest, (message) => this.#message(message))
  }

  // Answers `false` after Hello: what follows is compressed and belongs to the peer.
  #message({ code, payload }: WireMessage): boolean {
    if (code === BaseCode.disconnect) {
      const text = 'the remote refused during the protocol handshake'
      throw new PeerError('remote disconnect reason', decodeDisconnect(payload), text)
    }
    if (code !== BaseCode.hello) {
      throw new PeerError('protocol handshake failed', DiscReason.breachOfProtocol, `message code ${code} before Hello`)
    }
    const hello = decodeHello(payload)
    const publicKey = this.#publicKey!
    if (!equalBytes(hello.publicKey, publicKey)) {
      throw new PeerError('protocol handshake failed', DiscReason.unexpectedIdentity, 'Hello names another key')
    }
    const codec = this.#codec!
    if (hello.version >= SNAPPY_VERSION) codec.enableSnappy()
    this.#peer = this.#host.checkpointHello({ number: this.number, task: this.task, publicKey, hello, codec })
    this.#phase = 'peer'
    return false
  }

  #handOver(): void {
    const result = this.#result
    if (!this.#peer || !result) return
    this.#timer?.cancel()
    this.#timer = this.#codec = this.#result = undefined
    result.resolve(this.#peer)
    this.#host.begin(this.#peer)
  }

  #timeout(step: string): void {
    const { encryptionMs, setUpMs } = this.#host.settings.limits
    const limit = this.#phase === 'encryption' ? encryptionMs : setUpMs
    this.fail(new PeerError('setup timeout', DiscReason.readTimeout, `${step} not done within ${limit} ms`))
  }
}
