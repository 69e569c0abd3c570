// The nodes nearest to a target, in their order, as many as are wanted.
import { compareDistance } from '../records/node-id.ts'

/** Keeps the `size` nearest of what is offered. */
export class Nearest<T extends { readonly id: Uint8Array }> {
  readonly target: Uint8Array
  /** Nearest first. */
  readonly nodes: T[] = []
  readonly #size: number

  constructor(target: Uint8Array, size: number) {
    this.target = target
    this.#size = size
  }

  /** Whether it is among the nearest now; one that is there already is not to be offered again. */
  offer(node: T): boolean {
    const { nodes, target } = this
    if (nodes.length === this.#size && compareDistance(target, node.id, nodes.at(-1)!.id) >= 0) return false
    let low = 0
    let high = nodes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareDistance(target, node.id, nodes[middle]!.id) < 0) high = middle
      else low = middle + 1
    }
    nodes.splice(low, 0, node)
    if (nodes.length > this.#size) nodes.pop()
    return true
  }
}
