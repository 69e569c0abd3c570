// What a peer needs of an encrypted frame stream; RLPx fills it.

/** One message as it came off the wire, decompressed. The payload is the receiver's own. */
export interface WireMessage {
  readonly code: number
  readonly payload: Uint8Array
  /** What it cost on the wire, headers and tags included. */
  readonly wireBytes: number
}

/** A frame that is being sealed: `goOn` does a few milliseconds' work and answers whether it is done. */
export interface Sealing {
  readonly frame: Uint8Array
  goOn(): boolean
}

/** Seals and opens the frames of one link, in order. */
export interface FrameCodec {
  /** One frame as one buffer, which is the caller's own. */
  seal(code: number, payload: Uint8Array): Uint8Array
  /** Whether payloads are compressed. */
  readonly snappy: boolean
  /** The payload as frames of this link carry it, to be sealed for many peers. */
  compressPayload(payload: Uint8Array): Uint8Array
  sealCompressed(code: number, compressed: Uint8Array): Uint8Array
  /** The same in slices; nothing else may be sealed before it is done. */
  sealingOf(code: number, compressed: Uint8Array): Sealing
  /**
   * Takes bytes from the link and calls `onMessage` for each whole frame, at once. An answer of `false` stops it
   * and keeps the rest; the next call (an empty chunk will do) goes on. Answers whether everything was consumed.
   *
   * @throws {PeerError} `bad mac`, `bad frame`, `too big message`, `invalid message`
   */
  read(chunk: Uint8Array, onMessage: (message: WireMessage) => boolean | void): boolean
  /**
   * Whether work on large frames is cut into slices: then `read` may also answer `false` with `unfinished` set, and is
   * called again with no bytes when others have had their turn.
   */
  sliced: boolean
  readonly unfinished: boolean
  /** Whether a frame has begun that isn't whole yet; and the memory that it takes. */
  readonly midFrame: boolean
  readonly partialBytes: number
  /** Lets go of whatever came; nothing is read any more. */
  discard(): void
  /** Gives back what was made ahead of need, because nothing is expected soon. */
  rest(): void
  /** From now on payloads are compressed, both ways. */
  enableSnappy(): void
  /** Most decompressed bytes a message of this code may have. */
  setLimit(limitOf: (code: number) => number): void
}
