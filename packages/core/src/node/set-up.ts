// From an open link to a peer: both handshakes and both checkpoints under one deadline.
import type { Timer } from '../base/clock.ts'
import { equalBytes } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isTold } from '../errors/meaning.ts'
import { handlerFailed, isPeerError, PeerError } from '../errors/peer-error.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import type { Handshake } from '../rlpx/handshake.ts'
import { BaseCode } from '../wire/base-messages.ts'
import { decodeDisconnect, encodeDisconnect } from '../wire/disconnect.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import { decodeHello, encodeHello } from '../wire/hello.ts'
import type { Hello } from '../wire/hello.ts'
import type { Link } from '../wire/link.ts'
import type { Connection } from './connection.ts'
import type { HandshakeSupplies } from './handshake-supplies.ts'
import type { Settings } from './options.ts'

/** From this version of the base protocol on, messages after Hello are compressed. */
const SNAPPY_VERSION = 5

/** A set-up that may have to wait before it reads on. */
export interface Waiting {
  readonly task: Pick<SetUpTask, 'link'>
  /** Whether it wants bytes just now. */
  readonly reads: boolean
  read(chunk: Uint8Array): void
}

/** What an inbound set-up needs until it knows who is there. */
export interface SetUpEntry {
  /** Waits with bytes for their turn, and calls `read` then. */
  wait(setUp: Waiting, chunk: Uint8Array): void
  /** It has passed checkpoint 1. */
  proven(connection: Connection): void
  /** Whether there is room for one more that is told why it ends; it has that until its link is gone. */
  staysForGoodbye(): boolean
  /** Ends the link and says why, where no Disconnect can be sent yet; `false`: it only has to be cut. */
  refuse(error: PeerError): boolean
}

/** What the set-up of one link needs to know. */
export interface SetUpTask {
  readonly link: Link
  /** The transport's name. */
  readonly transport: string
  /** Whom we dialed; inbound links have nobody to expect. */
  readonly expected: Uint8Array | undefined
  /** What an inbound link came through. */
  readonly entry?: SetUpEntry | undefined
  /** Told once when it is over or there is a peer. */
  readonly decided?: ((error?: PeerError) => void) | undefined
}

/** Where the node may refuse, and what it makes of a connection that passes. */
export interface SetUpHost {
  readonly settings: Settings
  /** What a node that listens has ready for its handshakes. */
  supplies(): HandshakeSupplies | undefined
  /** Our own Hello. */
  hello(): Hello
  /** It has come further. */
  move(connection: Connection, state: 'hello' | 'held' | 'goodbye'): void
  /**
   * Checkpoint 1: the key is known. `false` holds the connection, which is asked again by `goOn`; until then its Hello
   * is read, but ours isn't said.
   *
   * @throws {PeerError}
   */
  checkpointKey(connection: Connection, publicKey: Uint8Array): boolean
  /** Checkpoint 2: Hello is known, and with it that the key is really there. Makes the peer. @throws {PeerError} */
  checkpointHello(connection: Connection, hello: Hello, codec: FrameCodec): void
  /** There is a peer: it starts reading. */
  begin(connection: Connection): void
  /** It has ended without a peer; its goodbye may still be under way. */
  over(connection: Connection, error: PeerError): void
  /** Its link is gone. */
  gone(connection: Connection): void
}

export class SetUp implements Waiting {
  readonly task: SetUpTask
  readonly #connection: Connection
  readonly #host: SetUpHost
  #handshake: Handshake | undefined
  #codec: FrameCodec | undefined
  #publicKey: Uint8Array | undefined
  /** What came while the connection was held. */
  #hello: Hello | undefined
  #timer: Timer | undefined
  #patience: Timer | undefined
  readonly #startedMs: number

  constructor(connection: Connection, task: SetUpTask, host: SetUpHost) {
    const { crypto, random, privateKey, clock, limits } = host.settings
    this.task = task
    this.#connection = connection
    this.#host = host
    this.#startedMs = clock.now()
    const supplies = host.supplies()
    const options = { crypto, random, privateKey, ...supplies }
    this.#handshake = task.expected
      ? createInitiator({ ...options, remotePublicKey: task.expected })
      : supplies!.createResponder(options)
    this.#timer = clock.setTimer(limits.encryptionMs, () => this.#timeout('encryption handshake'))
  }

  /** The remote's key, once the encryption handshake is done. */
  get publicKey(): Uint8Array | undefined {
    return this.#publicKey
  }

  /** Whether its Hello has come: a handshake may be somebody's repetition of an old one, a Hello can't be. */
  get greeted(): boolean {
    return this.#hello !== undefined
  }

  get reads(): boolean {
    const { state } = this.#connection
    return state === 'encryption' || state === 'hello' || (state === 'held' && !this.greeted)
  }

  /** Opens the link. */
  run(): void {
    const first = this.#handshake!.start()
    this.task.link.open(this.#connection)
    if (first) this.task.link.write(first)
  }

  /** Ends the set-up; the remote is told when frames can be sent already. */
  fail(error: PeerError): void {
    if (this.#isOver) return
    const { link } = this.task
    const { clock, limits } = this.#host.settings
    this.#host.move(this.#connection, 'goodbye')
    this.#timer?.cancel()
    this.#patience?.cancel()
    this.#timer = undefined
    if (this.#tell(error)) this.#timer = clock.setTimer(limits.goodbyeMs, () => link.abort())
    else link.abort()
    this.#host.over(this.#connection, error)
  }

  #tell(error: PeerError): boolean {
    const { link, entry } = this.task
    const codec = this.#codec
    if (entry && !entry.staysForGoodbye()) return false
    if (!codec) return entry?.refuse(error) ?? false
    if (!isTold(error)) return false
    link.write(codec.seal(BaseCode.disconnect, encodeDisconnect(error.reason)))
    link.close()
    return true
  }

  /** Ends it without waiting for a goodbye. */
  cut(error: PeerError): void {
    this.fail(error)
    this.#timer?.cancel()
    this.task.link.abort()
    this.#host.gone(this.#connection)
  }

  /** A held connection asks at checkpoint 1 again. */
  goOn(): void {
    this.#guard(() => {
      const { state } = this.#connection
      if (state !== 'held' || !this.#host.checkpointKey(this.#connection, this.#publicKey!)) return
      this.#patience?.cancel()
      this.#greet()
      if (!this.#hello) return
      this.task.link.resume()
      this.#welcome(this.#hello)
    })
  }

  /** Calls back if the connection is still held then. */
  holdAtMost(ms: number, run: () => void): void {
    this.#patience?.cancel()
    this.#patience = this.#host.settings.clock.setTimer(ms, run)
  }

  bytes(chunk: Uint8Array): void {
    const { entry } = this.task
    if (entry && this.#connection.state === 'encryption') entry.wait(this, chunk)
    else this.read(chunk)
  }

  /** Takes bytes whose turn it is. */
  read(chunk: Uint8Array): void {
    this.#guard(() => {
      if (!this.reads) return
      if (this.#codec) this.#codec.read(chunk, (message) => this.#message(message))
      else this.#encryption(chunk)
    })
  }

  end(error?: PeerError): void {
    // What a transport says of a loss is less than what the handshake says; it is the cause.
    const isLoss = !error || error.code === 'link lost'
    this.fail(isLoss ? new PeerError('link lost', DiscReason.networkError, this.#lostText(), { cause: error }) : error)
    this.#timer?.cancel()
    this.#host.gone(this.#connection)
  }

  get #isOver(): boolean {
    const { state } = this.#connection
    return state === 'peer' || state === 'goodbye' || state === 'gone'
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      return this.fail(isPeerError(error) ? error : handlerFailed(error))
    }
    if (this.#connection.state === 'peer' && this.#connection.setUp === this) this.#handOver()
  }

  #lostText(): string {
    const after = `${Math.round(this.#host.settings.clock.now() - this.#startedMs)} ms`
    return this.#publicKey
      ? `the remote closed the link before its Hello, after ${after}`
      : `the remote closed the link before its handshake, after ${after} (wrong key, throttled, or not an RLPx node)`
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
    this.#timer?.cancel()
    const left = limits.setUpMs - (clock.now() - this.#startedMs)
    this.#timer = clock.setTimer(Math.max(0, left), () => this.#timeout('protocol handshake'))
    if (this.#host.checkpointKey(this.#connection, remotePublicKey)) this.#greet()
    else this.#host.move(this.#connection, 'held')
    if (rest.length > 0) codec.read(rest, (message) => this.#message(message))
  }

  #greet(): void {
    this.#host.move(this.#connection, 'hello')
    this.task.link.write(this.#codec!.seal(BaseCode.hello, encodeHello(this.#host.hello())))
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
    if (!equalBytes(hello.publicKey, this.#publicKey!)) {
      throw new PeerError('protocol handshake failed', DiscReason.unexpectedIdentity, 'Hello names another key')
    }
    if (this.#connection.state === 'held') {
      this.#hello = hello
      this.task.link.pause()
    } else this.#welcome(hello)
    return false
  }

  #welcome(hello: Hello): void {
    const codec = this.#codec!
    if (hello.version >= SNAPPY_VERSION) codec.enableSnappy()
    this.#host.checkpointHello(this.#connection, hello, codec)
  }

  // What an idle peer would keep in vain is dropped.
  #handOver(): void {
    this.#timer?.cancel()
    this.#connection.setUp = undefined
    this.#host.begin(this.#connection)
    this.task.decided?.()
  }

  #timeout(step: string): void {
    const { encryptionMs, setUpMs } = this.#host.settings.limits
    const limit = this.#publicKey ? setUpMs : encryptionMs
    this.fail(new PeerError('setup timeout', DiscReason.readTimeout, `${step} not done within ${limit} ms`))
  }
}
