// Chunks waiting in order, read by length; bytes are joined only where a read crosses the border of a chunk.

export class ByteQueue {
  #chunks: Uint8Array[] = []
  #first = 0
  #length = 0

  /** Bytes waiting. */
  get length(): number {
    return this.#length
  }

  /** Takes ownership of `chunk`. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next bytes as one view, at most `most` and as many as lie together; empty when nothing waits. */
  take(most: number): Uint8Array {
    const chunk = this.#chunks[this.#first]
    if (!chunk || most <= 0) return new Uint8Array(0)
    const taken = chunk.length <= most ? chunk : chunk.subarray(0, most)
    if (taken === chunk) this.#dropFirst()
    else this.#chunks[this.#first] = chunk.subarray(most)
    this.#length -= taken.length
    return taken
  }

  /** Exactly `length` bytes, or `undefined` while fewer wait. A view where they lie together, else a copy. */
  read(length: number): Uint8Array | undefined {
    if (this.#length < length) return undefined
    const start = this.take(length)
    if (start.length === length) return start
    const joined = new Uint8Array(length)
    joined.set(start)
    for (let filled = start.length; filled < length;) {
      const next = this.take(length - filled)
      joined.set(next, filled)
      filled += next.length
    }
    return joined
  }

  clear(): void {
    this.#chunks = []
    this.#first = 0
    this.#length = 0
  }

  // Slots before #first are spent; they go when they are half of all, so that each chunk is moved once on average.
  #dropFirst(): void {
    this.#first++
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = 0
      this.#first = 0
    } else if (this.#first >= 64 && this.#first * 2 >= this.#chunks.length) {
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
  }
}
