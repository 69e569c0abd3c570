// The receiving half that links share: keeps what comes before `open` and while paused, and says `end` once, last.
import type { PeerError } from '../errors/peer-error.ts'
import type { LinkSink } from './link.ts'

/**
 * Bytes that a kept chunk costs beside its content (array, buffer, slot), so that 1-byte chunks can't outgrow a bound.
 */
const CHUNK_COST_BYTES = 192

/**
 * For authors of transports: hand arriving bytes to `push`, the end to `end`; the rest of the sink's promises is kept
 * here.
 */
export class LinkInbox {
  #sink: LinkSink | undefined
  #waiting: Uint8Array[] | undefined
  #heldBytes = 0
  #paused = false
  #scheduled = false
  #ended = false
  #discards = false
  #over = false
  #error: PeerError | undefined

  /** What is kept because nobody takes it, with the cost of keeping each chunk. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether bytes would be delivered now. */
  get flowing(): boolean {
    return this.#sink !== undefined && !this.#paused && this.#waiting === undefined && !this.#ended
  }

  get opened(): boolean {
    return this.#sink !== undefined
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Whether `end` has been called on this inbox; the sink may not know yet. */
  get ended(): boolean {
    return this.#ended
  }

  /** @throws {TypeError} on a second call */
  open(sink: LinkSink): void {
    if (this.#sink) throw new TypeError('a link is opened once')
    this.#sink = sink
    this.#schedule()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  /** Delivers `chunk` now, or keeps it. Never call it from inside `open`, `write`, `pause` or `resume` of the link. */
  push(chunk: Uint8Array): void {
    if (this.#ended || this.#discards || chunk.length === 0) return
    if (this.flowing && !this.#scheduled) return this.#sink!.bytes(chunk)
    this.#waiting ??= []
    this.#waiting.push(chunk)
    this.#heldBytes += chunk.length + CHUNK_COST_BYTES
  }

  /** We closed: what is kept, and what still comes, is dropped; `end` is awaited. */
  discard(): void {
    this.#waiting = undefined
    this.#heldBytes = 0
    this.#discards = true
  }

  /** Passes on a `drain`, unless the link is over. */
  drain(): void {
    if (!this.#ended && !this.#discards) this.#sink?.drain()
  }

  /** The link is over: what is kept is still delivered first. The first call counts. */
  end(error?: PeerError): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#schedule()
  }

  /** As `end`, but what is kept is dropped, also after an `end` that waits for its bytes to be taken. */
  abort(error?: PeerError): void {
    // An end that waits for its bytes to be taken has not happened yet for the sink: ours comes before it.
    if (this.#waiting) this.#error = error
    this.#waiting = undefined
    this.#heldBytes = 0
    this.#paused = false
    if (this.#ended) this.#schedule()
    else this.end(error)
  }

  #schedule(): void {
    if (this.#scheduled || !this.#sink || this.#over) return
    if (!this.#waiting && !this.#ended) return
    this.#scheduled = true
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    this.#scheduled = false
    const sink = this.#sink!
    const chunks = this.#waiting
    for (let next = 0; chunks && chunks === this.#waiting && !this.#paused;) {
      const chunk = chunks[next++]
      if (chunk) {
        this.#heldBytes -= chunk.length + CHUNK_COST_BYTES
        sink.bytes(chunk)
        if (this.#paused && chunks === this.#waiting) chunks.splice(0, next)
      } else this.#waiting = undefined
    }
    if (this.#waiting?.length === 0) this.#waiting = undefined
    if (!this.#ended || this.#waiting || this.#over) return
    this.#over = true
    sink.end(this.#error)
  }
}
