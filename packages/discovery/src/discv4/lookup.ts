// A walk towards a target: asks the nearest nodes it knows for nearer ones until there are none.
import type { KnownNode } from './known-node.ts'
import { ALPHA, BUCKET_SIZE, MAX_ASKED } from './limits.ts'
import { Nearest } from './nearest.ts'

export interface LookupOptions {
  /** 32 bytes. */
  readonly target: Uint8Array
  readonly ownKey: string
  readonly start: readonly KnownNode[]
  /** Asks a node for those near the target; `undefined` when it doesn't answer. */
  ask(node: KnownNode, done: (nodes: readonly KnownNode[] | undefined) => void): void
  /** Nodes that were not seen before in this walk, as they come. */
  found?(nodes: readonly KnownNode[]): void
  done(result: LookupResult): void
}

export interface LookupResult {
  /** The nearest, nearest first. */
  readonly nodes: readonly KnownNode[]
  /** How many questions after each other led to the farthest of the asked. */
  readonly hops: number
  readonly asked: number
  /** How many of the asked answered. */
  readonly answered: number
}

interface Step {
  readonly id: Uint8Array
  readonly node: KnownNode
  readonly depth: number
  isAsked: boolean
}

export class Lookup {
  readonly #options: LookupOptions
  readonly #nearest: Nearest<Step>
  readonly #seen: Set<string>
  #running = 0
  #asked = 0
  #answered = 0
  #hops = 0
  #isOver = false

  constructor(options: LookupOptions) {
    this.#options = options
    this.#nearest = new Nearest(options.target, BUCKET_SIZE)
    this.#seen = new Set([options.ownKey])
  }

  run(): void {
    this.#add(this.#options.start, 1)
    this.#go()
  }

  /** Asks nobody any more; `done` is not called. */
  cancel(): void {
    this.#isOver = true
  }

  #add(nodes: readonly KnownNode[], depth: number): void {
    const fresh: KnownNode[] = []
    for (const node of nodes) {
      if (this.#seen.has(node.key)) continue
      this.#seen.add(node.key)
      fresh.push(node)
      this.#nearest.offer({ id: node.id, node, depth, isAsked: false })
    }
    if (fresh.length > 0) this.#options.found?.(fresh)
  }

  #go(): void {
    for (const step of [...this.#nearest.nodes]) {
      if (this.#isOver || this.#running >= ALPHA || this.#asked >= MAX_ASKED) break
      if (!step.isAsked) this.#ask(step)
    }
    if (this.#running > 0 || this.#isOver) return
    this.#isOver = true
    const nodes = this.#nearest.nodes.map(({ node }) => node)
    this.#options.done({ nodes, hops: this.#hops, asked: this.#asked, answered: this.#answered })
  }

  #ask(step: Step): void {
    step.isAsked = true
    this.#running++
    this.#asked++
    this.#hops = Math.max(this.#hops, step.depth)
    let isLate = false
    this.#options.ask(step.node, (nodes) => {
      this.#running--
      if (nodes) this.#answered++
      if (this.#isOver) return
      this.#add(nodes ?? [], step.depth + 1)
      // An answer at once, as when too many questions wait, comes within the loop that asks.
      if (isLate) this.#go()
    })
    isLate = true
  }
}
