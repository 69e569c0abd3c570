// One direction of a memory link: a bounded stream of bytes with delay and any split.
import type { Clock, Timer } from '../base/clock.ts'
import { type Random, randomBelow } from '../base/random.ts'

/** Where delivered bytes go; `room` says how many more may be in flight or unread. */
export interface PipeEnd {
  bytes(chunk: Uint8Array): void
  /** The sender ended in order; all it wrote has been delivered. */
  fin(): void
  /** Bytes that were delivered and that nobody has taken yet. */
  readonly unreadBytes: number
}

export interface PipeSource {
  /** The queue has fallen to the low-water mark (empty) after it had been above the high one. */
  drained(): void
  /** Everything written before `finish` is on its way. */
  flushed(): void
}

/** How a pipe treats its bytes. */
export interface PipeTraits {
  readonly clock: Clock
  readonly random: Random
  /** How long bytes are under way; drawn for each write when a pair is given, order kept. */
  readonly delayMs: number | readonly [least: number, most: number]
  /**
   * Largest piece that is delivered at once: a number, `whole` writes, or sizes drawn at `random`, joined across
   * writes.
   */
  readonly split: 'whole' | 'random' | number
  /** Bytes that may be under way or unread before the sender is held back. */
  readonly windowBytes: number
  readonly highWaterBytes: number
  /** Runs `turn` in a microtask, once however often it is asked for before that. */
  schedule(turn: () => void): void
}

interface Flight {
  readonly dueMs: number
  chunk: Uint8Array
}

/** Powers of two that a drawn piece size may reach: 1 byte to 64 KiB. */
const PIECE_POWERS = 17

/** Pieces delivered in one turn, so that other links and timers get theirs. */
const PIECES_PER_TURN = 1024

export class MemoryPipe {
  readonly #traits: PipeTraits
  readonly #to: PipeEnd
  readonly #from: PipeSource
  #queue: Uint8Array[] = []
  #flights: Flight[] = []
  #queuedBytes = 0
  #sentBytes = 0
  #flyingBytes = 0
  #lastDueMs = 0
  #timer: Timer | undefined
  #needDrain = false
  #finishing = false
  #flushed = false
  #dead = false
  /** Set while nothing gets through though nobody is told. */
  #swallows = false
  readonly #turn = (): void => this.#run()

  constructor(traits: PipeTraits, from: PipeSource, to: PipeEnd) {
    this.#traits = traits
    this.#from = from
    this.#to = to
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes that have left the queue, in all. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Takes the chunk; `false` above the high-water mark. */
  write(chunk: Uint8Array): boolean {
    if (this.#dead || this.#finishing) return false
    if (chunk.length > 0) {
      this.#queue.push(chunk)
      this.#queuedBytes += chunk.length
      this.#fly()
    }
    if (this.#queuedBytes <= this.#traits.highWaterBytes) return true
    this.#needDrain = true
    return false
  }

  /** No more will be written; `flushed` follows, then `fin` at the other end. */
  finish(): void {
    this.#finishing = true
    this.#traits.schedule(this.#turn)
  }

  /** Drops everything and does nothing any more. */
  destroy(): void {
    this.#dead = true
    this.#queue = []
    this.#flights = []
    this.#queuedBytes = 0
    this.#flyingBytes = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** While on, nothing moves and nobody is told. */
  swallow(on: boolean): void {
    this.#swallows = on
    if (on) this.#timer?.cancel()
    if (on) this.#timer = undefined
    else this.#traits.schedule(this.#turn)
  }

  /** The receiver took bytes: there may be room again. */
  wake(): void {
    if (this.#queuedBytes > 0 || this.#flights.length > 0) this.#traits.schedule(this.#turn)
  }

  // Moves what the window has room for from the queue into flight.
  #fly(): void {
    const { windowBytes, clock } = this.#traits
    let room = windowBytes - this.#flyingBytes - this.#to.unreadBytes
    if (this.#swallows || room <= 0 || this.#queue.length === 0) return
    this.#lastDueMs = Math.max(this.#lastDueMs, clock.now() + this.#drawDelay())
    let taken = 0
    while (room > 0 && taken < this.#queue.length) {
      let chunk = this.#queue[taken]!
      if (chunk.length > room) {
        this.#queue[taken] = chunk.subarray(room)
        chunk = chunk.subarray(0, room)
      } else taken++
      room -= chunk.length
      this.#queuedBytes -= chunk.length
      this.#sentBytes += chunk.length
      this.#flyingBytes += chunk.length
      this.#flights.push({ dueMs: this.#lastDueMs, chunk })
    }
    this.#queue.splice(0, taken)
    this.#arm()
  }

  #drawDelay(): number {
    const { delayMs, random } = this.#traits
    if (typeof delayMs === 'number') return delayMs
    const [least, most] = delayMs
    return least + randomBelow(random, most - least + 1)
  }

  #arm(): void {
    const first = this.#flights[0]
    if (this.#timer || this.#swallows || !first) return
    const waitMs = first.dueMs - this.#traits.clock.now()
    if (waitMs <= 0) return this.#traits.schedule(this.#turn)
    this.#timer = this.#traits.clock.setTimer(waitMs, () => {
      this.#timer = undefined
      this.#run()
    })
  }

  #run(): void {
    if (this.#dead || this.#swallows) return
    this.#land()
    if (this.#dead) return
    this.#fly()
    this.#arm()
    if (this.#queuedBytes > 0) return
    if (this.#needDrain && !this.#finishing) {
      this.#needDrain = false
      this.#from.drained()
    }
    if (!this.#finishing || this.#dead) return
    if (!this.#flushed) {
      this.#flushed = true
      this.#from.flushed()
    }
    if (this.#flights.length === 0 && !this.#dead) {
      this.#dead = true
      this.#to.fin()
    }
  }

  // Delivers what is due, in pieces as the traits say.
  #land(): void {
    const nowMs = this.#traits.clock.now()
    for (let pieces = 0; pieces < PIECES_PER_TURN; pieces++) {
      const first = this.#flights[0]
      if (!first || first.dueMs > nowMs || this.#dead || this.#swallows) return
      const piece = this.#take(this.#drawPiece(first.chunk.length), nowMs)
      this.#flyingBytes -= piece.length
      this.#to.bytes(piece)
    }
  }

  #drawPiece(whole: number): number {
    const { split, random } = this.#traits
    if (split === 'whole') return whole
    if (split !== 'random') return Math.min(split, whole)
    return 1 + randomBelow(random, 1 << randomBelow(random, PIECE_POWERS))
  }

  #take(size: number, nowMs: number): Uint8Array {
    const first = this.#flights[0]!
    if (size === first.chunk.length) return this.#flights.shift()!.chunk
    if (size < first.chunk.length) {
      const piece = first.chunk.subarray(0, size)
      first.chunk = first.chunk.subarray(size)
      return piece
    }
    let due = 0
    let length = 0
    while (due < this.#flights.length && this.#flights[due]!.dueMs <= nowMs && length < size) {
      length += this.#flights[due++]!.chunk.length
    }
    const piece = new Uint8Array(Math.min(size, length))
    for (let offset = 0; offset < piece.length;) {
      const flight = this.#flights[0]!
      const part = flight.chunk.subarray(0, piece.length - offset)
      piece.set(part, offset)
      offset += part.length
      if (part.length === flight.chunk.length) this.#flights.shift()
      else flight.chunk = flight.chunk.subarray(part.length)
    }
    return piece
  }
}
