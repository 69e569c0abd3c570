// What a splice joins: one side of it is an ordered stream of bytes each way, over a socket of its own.

/** A close code and its reason. */
export interface Goodbye {
  readonly code: number
  readonly text: string
}

/** How a side ended, and what the other one is to be told. */
export interface Ending {
  readonly goodbye: Goodbye
  /** In order: what it had sent still goes to the other side. Otherwise that is cut where it stands. */
  readonly orderly: boolean
  /** For the log. */
  readonly why: string
}

/** Who takes what a side brings. */
export interface SideSink {
  /**
   * Bytes that the sink owns from now on; none where there were only headers and the like.
   *
   * @param wireBytes - what was read for them
   */
  bytes(chunk: Uint8Array, wireBytes: number): void
  /** The side takes more: `write` had said no. */
  drained(): void
  /** Once; nothing comes after it. */
  ended(ending: Ending): void
}

export interface Side {
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>
  /** From now on this sink is told, at once if the side has ended already; it is paused until the first `resume`. */
  open(sink: SideSink): void
  pause(): void
  resume(): void
  /** Takes the bytes over. @returns whether there is room for more */
  write(chunk: Uint8Array): boolean
  /** Says how the other side ended behind what was written, and ends; what still comes is dropped. */
  finish(ending: Ending): void
  destroy(): void
}
