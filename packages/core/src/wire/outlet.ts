// The sending half that links share where the system takes bytes whole: hands them on in slices, so that it can be seen
// how far a large write has come.
import { ByteQueue } from './byte-queue.ts'

/** A link that moves 4 KiB/s still shows it within 20 s; the system takes longer ones in no fewer turns. */
const SLICE_BYTES = 65_536

export interface OutletHost {
  /** Bytes given to the system that it has not taken over yet. */
  readonly pendingBytes: number
  /**
   * Gives one slice to the system, which calls `taken`, where given, later: when it has taken all of it, or with an
   * error when it never will.
   */
  give(chunks: readonly Uint8Array[], taken?: (error?: unknown) => void): void
  /** Nothing waits here any more. Never called from inside `write`. */
  outletEmpty(): void
}

/** For authors of transports; made when a write doesn't leave at once, which is rare for most links. */
export class LinkOutlet {
  readonly #host: OutletHost
  readonly #queue = new ByteQueue()
  /** The system will call back. */
  #asked = false

  constructor(host: OutletHost) {
    this.#host = host
  }

  /** Whether a chunk has to go through an outlet: it is more than a slice, or others wait before it. */
  static needs(chunk: Uint8Array, pendingBytes: number): boolean {
    return pendingBytes > 0 || chunk.length > SLICE_BYTES
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#queue.length
  }

  /** Whether it has done its work: the link may forget it, and the next chunk needn't go through here. */
  get idle(): boolean {
    return this.bytes === 0 && !this.#asked
  }

  /** Takes ownership of `chunk`. */
  write(chunk: Uint8Array): void {
    this.#queue.push(chunk)
    this.#handOn()
  }

  /** Gives everything to the system, because the link shall end after it. */
  release(): void {
    if (this.bytes > 0) this.#host.give(this.#slice(Infinity))
  }

  // What the system takes at once needs no call; behind what it doesn't, one slice follows, and with it the question.
  #handOn(): void {
    while (this.bytes > 0 && !this.#asked) {
      this.#asked = this.#host.pendingBytes > 0
      const slice = this.#slice(SLICE_BYTES)
      if (this.#asked) this.#host.give(slice, (error) => error || this.#taken())
      else this.#host.give(slice)
    }
  }

  #taken(): void {
    this.#asked = false
    this.#handOn()
    if (this.bytes === 0) this.#host.outletEmpty()
  }

  #slice(most: number): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let room = most; room > 0 && this.bytes > 0;) {
      const chunk = this.#queue.take(room)
      chunks.push(chunk)
      room -= chunk.length
    }
    return chunks
  }
}
