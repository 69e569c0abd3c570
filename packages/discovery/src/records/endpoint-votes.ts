// Where others say that we are: one voice a network, counted over a short window.

/** How long a statement counts, in milliseconds; a router that changes its address is followed within it. */
const WINDOW_MS = 300_000
/** Voices kept; past it the oldest are forgotten. */
export const MAX_VOICES = 256
/** Fewer voices are no majority of anything, as in go-ethereum. */
export const LEAST_VOICES = 10

export interface StatedEndpoint {
  /** An IP address as text. */
  readonly host: string
  readonly port: number
}

interface Count {
  readonly endpoint: StatedEndpoint
  voices: number
}

interface Voice {
  readonly count: Count
  readonly atMs: number
}

/** Statements about our own UDP endpoint, of those who have answered us. */
export class EndpointVotes {
  /** The oldest first. */
  readonly #voices = new Map<string, Voice>()
  readonly #counts = new Map<string, Count>()

  get size(): number {
    return this.#voices.size
  }

  /** @param voter - whose voice it is: a network, not a node, for nodes cost nothing */
  add(voter: string, endpoint: StatedEndpoint, nowMs: number): void {
    this.#remove(voter)
    const name = nameOf(endpoint)
    const count = this.#counts.get(name) ?? { endpoint, voices: 0 }
    count.voices++
    this.#counts.set(name, count)
    this.#voices.set(voter, { count, atMs: nowMs })
    if (this.#voices.size > MAX_VOICES) this.#remove(this.#voices.keys().next().value!)
  }

  /** What more than half of at least ten voices say. */
  predict(nowMs: number): StatedEndpoint | undefined {
    for (const [voter, { atMs }] of this.#voices) {
      if (nowMs - atMs <= WINDOW_MS) break
      this.#remove(voter)
    }
    for (const { endpoint, voices } of this.#counts.values()) {
      if (voices >= LEAST_VOICES && 2 * voices > this.#voices.size) return endpoint
    }
    return undefined
  }

  #remove(voter: string): void {
    const voice = this.#voices.get(voter)
    if (!voice) return
    this.#voices.delete(voter)
    if (--voice.count.voices === 0) this.#counts.delete(nameOf(voice.count.endpoint))
  }
}

function nameOf({ host, port }: StatedEndpoint): string {
  return `${host} ${port}`
}
