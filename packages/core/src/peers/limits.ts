// Every bound of one peer, with its unit and its reason.

export interface PeerLimits {
  /** Milliseconds without a byte after which we ping; go-ethereum pings every 15 s. */
  readonly pingAfterMs: number
  /** Milliseconds without a byte after which the peer is gone; go-ethereum's read limit. */
  readonly readTimeoutMs: number
  /**
   * Milliseconds from a message's first byte to its last, go-ethereum's limit for a frame; then a third of it again and
   * again while 16 KiB/s of the message arrive.
   */
  readonly messageMs: number
  /** Milliseconds a full link may take no byte; go-ethereum's write limit. */
  readonly writeTimeoutMs: number
  /** Milliseconds a goodbye may take before the link is cut. */
  readonly goodbyeMs: number
  /** Bytes of messages waiting for a handler after which the link is paused. */
  readonly inboxBytes: number
  /** Messages waiting for a handler after which the link is paused: empty ones cost memory too. */
  readonly inboxMessages: number
  /**
   * Bytes of messages waiting for a handler while an answer of the same peer is awaited, perhaps by a handler: it may
   * lie behind all that a remote can have sent before it read the question. All peers' share `receiveBytes`.
   */
  readonly awaitingBytes: number
  /** Bytes queued to send after which the peer is ended: the largest message, and as much again. */
  readonly outboxBytes: number
  /** Requests of ours in flight to one peer. */
  readonly requests: number
  /** Answers that nobody asked for, over the life of a peer. */
  readonly strayAnswers: number
  /** Pings whose answers the link has no room for, after which reading pauses, as go-ethereum does. */
  readonly pingBurst: number
}

export const DEFAULT_PEER_LIMITS: PeerLimits = {
  pingAfterMs: 15_000,
  readTimeoutMs: 30_000,
  messageMs: 30_000,
  writeTimeoutMs: 20_000,
  goodbyeMs: 1000,
  inboxBytes: 256 * 1024,
  inboxMessages: 4096,
  awaitingBytes: 32 * 1024 * 1024,
  outboxBytes: 32 * 1024 * 1024,
  requests: 64,
  strayAnswers: 16,
  pingBurst: 16,
}
