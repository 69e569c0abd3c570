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

interface Voice {
  readonly endpoint: StatedEndpoint
  readonly atMs: number
}

/** Statements about our own UDP endpoint, of those who have answered us. */
export class EndpointVotes {
  readonly #voices = new Map<string, Voice>()

  get size(): number {
    return this.#voices.size
  }

  /** @param voter - whose voice it is: a network, not a node, for nodes cost nothing */
  add(voter: string, endpoint: StatedEndpoint, nowMs: number): void {
    this.#voices.delete(voter)
    this.#voices.set(voter, { endpoint, atMs: nowMs })
    if (this.#voices.size > MAX_VOICES) this.#voices.delete(this.#voices.keys().next().value!)
  }

  /** What more than half of at least ten voices say. */
  predict(nowMs: number): StatedEndpoint | undefined {
    const counts = new Map<string, { readonly endpoint: StatedEndpoint; count: number }>()
    for (const [voter, { endpoint, atMs }] of this.#voices) {
      if (nowMs - atMs > WINDOW_MS) {
        this.#voices.delete(voter)
        continue
      }
      const key = `${endpoint.host} ${endpoint.port}`
      const entry = counts.get(key)
      if (entry) entry.count++
      else counts.set(key, { endpoint, count: 1 })
    }
    const best = [...counts.values()].reduce((left, right) => (right.count > left.count ? right : left), NOBODY)
    const isMajority = best.count >= LEAST_VOICES && 2 * best.count > this.#voices.size
    return isMajority ? best.endpoint : undefined
  }
}

const NOBODY = { endpoint: { host: '', port: 0 }, count: 0 }
