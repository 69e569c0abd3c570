// What a peer needs of an encrypted frame stream; RLPx fills it.

/** One message as it came off the wire, decompressed. The payload is the receiver's own. */
export interface WireMessage {
  readonly code: number
  readonly payload: Uint8Array
  /** What it cost on the wire, headers and tags included. */
  readonly wireBytes: number
}

/** Seals and opens the frames of one link, in order. */
export interface FrameCodec {
  /** One frame as one buffer, which is the caller's own. */
  seal(code: number, payload: Uint8Array): Uint8Array
  /** The payload as frames of this link carry it, to be sealed for many peers. */
  compressPayload(payload: Uint8Array): Uint8Array
  sealCompressed(code: number, compressed: Uint8Array): Uint8Array
  /**
   * Takes bytes from the link and calls `onMessage` for each whole frame, at once. An answer of `false` stops it
   * and keeps the rest; the next call (an empty chunk will do) goes on. Answers whether everything was consumed.
   *
   * @throws {PeerError} `bad mac`, `bad frame`, `too big message`, `invalid message`
   */
  read(chunk: Uint8Array, onMessage: (message: WireMessage) => boolean | void): boolean
  /** From now on payloads are compressed, both ways. */
  enableSnappy(): void
  /** Most decompressed bytes a message of this code may have. */
  setLimit(limitOf: (code: number) => number): void
}
