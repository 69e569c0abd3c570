// Chunks waiting in order, taken in pieces without a copy.

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
