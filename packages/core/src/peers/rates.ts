// How fast each peer answers each kind of question, so that the next question goes to who answers it best.

/** Weight of a new measurement against all before, as in go-ethereum's message rates. */
const IMPACT = 0.1
/** How much more than measured is asked, so that a peer which could do more shows it. */
const OVERESTIMATE = 1.01
/** Kinds that are tracked for one peer; kinds are names of ours, so there are few. */
const MAX_KINDS = 32

interface Estimate {
  roundTripMs: number
  /** Items per millisecond. */
  throughput: number
}

/** A small estimator of round trip and throughput per peer and kind. Pure: times are passed in. */
export class RateEstimator {
  readonly #peers = new Map<string, Map<string, Estimate>>()

  /** Peers that are tracked now. */
  get size(): number {
    return this.#peers.size
  }

  /**
   * Notes one answer: how long it took and how many items (or bytes: one unit a kind) it brought.
   * A question without an answer is noted as 0 items: it halves what the peer is trusted with.
   */
  record(peerId: string, kind: string, elapsedMs: number, items: number): void {
    if (!(elapsedMs >= 0) || !(items >= 0)) throw new RangeError(`${items} items in ${elapsedMs} ms`)
    const kinds = this.#peers.get(peerId) ?? new Map<string, Estimate>()
    this.#peers.set(peerId, kinds)
    const before = kinds.get(kind)
    const measured = items / Math.max(1, elapsedMs)
    if (!before) {
      if (kinds.size < MAX_KINDS) kinds.set(kind, { roundTripMs: elapsedMs, throughput: measured })
    } else if (items === 0) {
      before.throughput /= 2
    } else {
      before.roundTripMs += IMPACT * (elapsedMs - before.roundTripMs)
      before.throughput += IMPACT * (measured - before.throughput)
    }
  }

  /** The usual time to an answer, in milliseconds; `undefined` before the first. */
  roundTripMs(peerId: string, kind: string): number | undefined {
    return this.#peers.get(peerId)?.get(kind)?.roundTripMs
  }

  /**
   * How many items to ask for so that the answer takes about `targetMs`; at least 1, so that nobody is starved
   * for ever.
   */
  capacity(peerId: string, kind: string, targetMs: number): number {
    const throughput = this.#peers.get(peerId)?.get(kind)?.throughput ?? 0
    const items = Math.floor(1 + OVERESTIMATE * throughput * targetMs)
    return Number.isSafeInteger(items) ? Math.max(1, items) : Number.MAX_SAFE_INTEGER
  }

  /**
   * Of these peers the one that brings this kind fastest; one that was never asked comes first, so that it is
   * tried.
   */
  best(kind: string, peerIds: Iterable<string>): string | undefined {
    let best: string | undefined
    let most = -1
    for (const id of peerIds) {
      const throughput = this.#peers.get(id)?.get(kind)?.throughput ?? Infinity
      if (throughput > most) [best, most] = [id, throughput]
    }
    return best
  }

  /** Call it when a peer is removed. */
  forget(peerId: string): void {
    this.#peers.delete(peerId)
  }
}
