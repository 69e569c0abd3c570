// The contract between the stack and whatever carries its bytes.
import type { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from './address.ts'

/** Who opened the link. */
export type Direction = 'inbound' | 'outbound'

/**
 * What the owner of a link is told. Calls come one after another, never from inside `open`, `write`, `pause` or
 * `resume`.
 */
export interface LinkSink {
  /**
   * Bytes arrived, in order, in pieces of any size above 0. The chunk is the receiver's: it may be overwritten and
   * kept.
   */
  bytes(chunk: Uint8Array): void
  /** Said once after a `write` that answered `false`, when `bufferedBytes` has fallen below the low-water mark. */
  drain(): void
  /** The link is over; nothing comes after it. Without an error the remote ended it in order, or we closed it. */
  end(error?: PeerError): void
}

/**
 * An ordered stream of bytes to a remote; nothing is known about who is there.
 *
 * Bytes that arrive before `open`, or while paused, wait in a bounded space and then hold back the remote.
 */
export interface Link {
  /** Where the remote is, for logs and throttles: `127.0.0.1:5000`, `[::1]:5000`, a URL; never parsed for identity. */
  readonly remoteAddress: string
  readonly direction: Direction
  /** Starts delivery; a second call is a TypeError. */
  open(sink: LinkSink): void
  /**
   * Takes ownership of `chunk` and queues it. `false` means that `bufferedBytes` is above the high-water mark:
   * the bytes are queued all the same, and `drain` follows. After the end of the link it does nothing and answers
   * `false`.
   */
  write(chunk: Uint8Array): boolean
  /**
   * Calls `run` once when this turn of the loop is over, microtasks included, so that what is written in it can leave
   * together; where a platform can't say when that is, a link has none, and gathering ends with a microtask.
   */
  atTurnEnd?(run: () => void): void
  /** Stops delivery; the transport stops reading where it can (a browser's WebSocket can't). */
  pause(): void
  resume(): void
  /** Bytes accepted by `write` that have not reached the operating system yet. */
  readonly bufferedBytes: number
  /**
   * Bytes accepted by `write` that the operating system (in a page: the browser) has taken over, in all. It only
   * grows, and also while one large chunk is under way, in steps of at most 256 KiB: whether it grew is how a slow link
   * is told from a stuck one. Of no meaning after the end of the link.
   */
  readonly sentBytes: number
  /**
   * Only of links that can't stop reading: bytes that came and are kept because of `pause`. While it changes the remote
   * is alive; of other links that are paused nobody can know it.
   */
  readonly unreadBytes?: number
  /**
   * Sends what is queued, then ends the link. `end` follows, after 5 s also where the remote takes nothing.
   * What the remote still sends is dropped.
   */
  close(): void
  /** Ends the link now, dropping what is queued. `end` follows, with `error` where given. */
  abort(error?: PeerError): void
  /**
   * Ends the link and tells the remote why: a close code from 4400 to 4599 and a text that `refusalText` makes, as
   * `docs/protocols/close-codes.md` has them. There the link ends with `relay refused`. A transport without codes
   * aborts. `end` follows, with `error` where given, after 5 s also where the remote doesn't answer.
   */
  refuse(code: number, text: string, error?: PeerError): void
}

export interface DialOptions {
  /** Ends the attempt; the promise rejects with the signal's reason, and no link is left. */
  readonly signal?: AbortSignal | undefined
}

/** The node that listens, as far as a transport may tell of it to whoever asks. */
export interface ListeningNode {
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** The client name that its Hello gives. */
  readonly name: string
}

/** A place of a connection that is no link yet. */
export interface WaitingPlace {
  /** It comes from elsewhere: a proxy said so. */
  move(remoteAddress: string): void
  /** It is a link now, or gone. */
  leave(): void
}

export interface ListenHandlers {
  /** Who listens; a transport that answers questions, such as plain HTTP, answers them with it. */
  readonly node?: ListeningNode | undefined
  /** An inbound link; whoever gets it must `open`, `refuse` or `abort` it. */
  link(link: Link): void
  /**
   * A connection was accepted that has to do something before it is a link, such as an upgrade: it is counted until it
   * leaves its place. Without this nobody counts them.
   *
   * @param giveUp - ends it, because its place is given to another one
   */
  waits?(remoteAddress: string, giveUp: () => void): WaitingPlace
  /** A connection that failed before it was a link, where somebody may want to know why. */
  failed?(remoteAddress: string, error: PeerError): void
  /**
   * Asked once before a connection costs anything, such as an upgrade: `false` for one of a flood, which gets no
   * answer. Without this, all of them are links.
   */
  admits?(remoteAddress: string): boolean
  /**
   * A link that the transport itself turns away, such as one for a path that it doesn't serve: it is counted, and told
   * by `refuse`. Without this, the transport calls `refuse`.
   */
  refused?(link: Link, code: number, text: string): void
  /** Something went wrong while accepting; the listener goes on. */
  error?(error: Error): void
}

/** An open listener. */
export interface Listener {
  /** Where it listens, with the port that was really taken. */
  readonly endpoint: Endpoint
  /** Stops accepting. Links that were accepted live on. */
  close(): Promise<void>
}

/**
 * How inbound links are held back before any cryptography. `per address` is go-ethereum's rule, for remotes that are
 * nodes with an address each: one accepted link per address in 30 s. `per prefix` is for remotes of which many share an
 * address, such as the tabs of a school: a rate that only a flood exceeds.
 */
export type InboundRule = 'per address' | 'per prefix'

/** Opens and accepts links of one kind. */
export interface Transport {
  /** For logs: `tcp`, `ws`, `memory`. */
  readonly name: string
  /** How its inbound links are held back; default `per address`. Whoever wraps a transport passes it on. */
  readonly inboundRule?: InboundRule | undefined
  /** Whether `dial` can be asked for this endpoint; opens nothing. */
  canDial(endpoint: Endpoint): boolean
  /**
   * Opens a link.
   *
   * @throws {PeerError} `dial failed` with what is known of the cause
   */
  dial(endpoint: Endpoint, options?: DialOptions): Promise<Link>
  /**
   * Opens the listeners that the transport was made with; absent where there are none. @throws when an address is
   * taken
   */
  listen?(handlers: ListenHandlers): Promise<readonly Listener[]>
}
