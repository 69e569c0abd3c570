// Nodes that did not answer, remembered for a while: walks meet the same dead ones again and again.
import type { KnownNode } from './discv4/known-node.ts'

/** Milliseconds for which one that was silent isn't asked again. */
const SILENT_MS = 30_000
/** Places that are remembered; past it the oldest are forgotten, and asked again. */
export const MAX_SILENT = 4096

export class SilentNodes {
  /** When each was silent, the latest last. */
  readonly #sinceMs = new Map<string, number>()

  get size(): number {
    return this.#sinceMs.size
  }

  add(node: KnownNode, nowMs: number): void {
    const place = placeOf(node)
    this.#sinceMs.delete(place)
    this.#sinceMs.set(place, nowMs)
    if (this.#sinceMs.size > MAX_SILENT) this.#sinceMs.delete(this.#sinceMs.keys().next().value!)
  }

  has(node: KnownNode, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(placeOf(node))
    return sinceMs !== undefined && nowMs - sinceMs < SILENT_MS
  }
}

function placeOf({ key, host, udp }: KnownNode): string {
  return `${key}@${host}:${udp}`
}
