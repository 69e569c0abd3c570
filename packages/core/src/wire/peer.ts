// The face of a connected peer that handlers and listeners see.
import type { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from './address.ts'
import type { Direction } from './link.ts'
import type { Prepared } from './prepared.ts'
import type { AnswerOf, Messages, Protocol, RequestNames, SendNames, ValueOf } from './protocol.ts'

/** Name and version of a protocol as Hello carries them. */
export interface Capability {
  readonly name: string
  readonly version: number
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** Default: the protocol's own. */
  readonly timeoutMs?: number | undefined
}

/** A remote node that has passed both handshakes and both checkpoints. */
export interface Peer {
  /** keccak-256 of the public key, 64 hex digits: the peer's identity. */
  readonly id: string
  /** 64 bytes x‖y. */
  readonly publicKey: Uint8Array
  readonly direction: Direction
  /** The client name of its Hello, cut to 128 printable characters. */
  readonly name: string
  /** Everything its Hello offered. */
  readonly capabilities: readonly Capability[]
  /** What both sides speak. */
  readonly shared: readonly Capability[]
  /** Where it was dialed; absent on inbound peers. */
  readonly endpoint: Endpoint | undefined
  readonly remoteAddress: string
  /** Where it is, with the key shortened: `enode://d399f4b...@1.2.3.4:30303`. For people, not for dialing. */
  readonly url: string
  /** Requested by the user: dialed again when lost. */
  readonly persistent: boolean
  readonly trusted: boolean
  /** On the node's clock, milliseconds. */
  readonly connectedAtMs: number
  /** When bytes of it last came, on the same clock. */
  readonly heardAtMs: number
  /** Aborts when the peer ends, with the PeerError as reason. */
  readonly signal: AbortSignal
  /** What ended it; absent while it lives. */
  readonly error: PeerError | undefined

  shares(protocol: Protocol): boolean
  /**
   * Sends one message. Resolves at once below the water mark, else when the link has drained; nobody needs to wait for
   * it. Past 1 MiB the work is done in slices: bytes that the codec passes on as they are mustn't change before it
   * resolves. Never throws: it rejects with a TypeError or RangeError that names protocol, message and field when the
   * protocol isn't shared, the message isn't its own or the value can't be sent, else with what ended the peer. The
   * former is told to the logger, or the console, where nobody waits; neither ever is an unhandled rejection.
   */
  send<M extends Messages, K extends SendNames<M>>(protocol: Protocol<M>, name: K, value: ValueOf<M[K]>): Promise<void>
  /**
   * Sends what `prepare` made: for a message that many peers shall get, encoded and compressed once for all of them.
   * Rejects as `send` does.
   */
  sendPrepared(prepared: Prepared): Promise<void>
  /**
   * Asks and waits for the answer with the same id.
   *
   * @throws {PeerError} `request timeout`; `not served` when the remote has no handler for it; or what ended the peer
   * meanwhile. What can't be asked is a TypeError or RangeError as with `send`
   */
  request<M extends Messages, K extends RequestNames<M>>(
    protocol: Protocol<M>,
    name: K,
    question: ValueOf<M[K]>,
    options?: RequestOptions,
  ): Promise<AnswerOf<M[K]>>
  /**
   * The messages of one kind in order, for `for await`; none is missed, however late it begins. Ends with the peer. Who
   * leaves the loop early can come back for what waits and what comes; while nobody does, the peer is held back.
   *
   * @throws {TypeError} when the protocol's handler for it isn't `later`
   */
  messages<M extends Messages, K extends SendNames<M>>(
    protocol: Protocol<M>,
    name: K,
  ): AsyncIterableIterator<ValueOf<M[K]>>
  /** Notes that the peer brought something new and true: useful peers are kept when the node is full. */
  credit(): void
  /** Ends the peer; the remote is told the reason. Default: disconnect requested. */
  disconnect(reason?: DiscReason, message?: string): void
  /**
   * Ends the peer with an error that began in a protocol; passed on unchanged. A handler does the same by throwing an
   * error that it made. One that it throws and that is somebody else's, such as what another peer's `request` rejected
   * with, ends its peer as `handler failed`, with it as the cause.
   */
  fail(error: PeerError): void
  /** Address and direction, the way every log line has them: `enode://d399f4b...@1.2.3.4:30303 (inbound)`. */
  toString(): string
}
