// Who waits for a dial, and what ends it when nobody does any more.
import { claimError, isPeerError } from '../errors/peer-error.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { Address } from '../wire/address.ts'

/** What became of a dial. */
export type DialOutcome = ConnectedPeer | PeerError

/** Somebody who waits; told once, or never after having left. */
export interface DialWaiter {
  settle(outcome: DialOutcome): void
  /** The attempt that it waits for now. */
  attempt: Attempt
}

export class Attempt {
  readonly address: Address
  /** Aborts while the link is being opened. */
  readonly controller: AbortController = new AbortController()
  #waiters = new Set<DialWaiter>()

  constructor(address: Address) {
    this.address = address
  }

  get isWanted(): boolean {
    return this.#waiters.size > 0
  }

  add(settle: (outcome: DialOutcome) => void): DialWaiter {
    const waiter = { settle, attempt: this }
    this.#waiters.add(waiter)
    return waiter
  }

  delete(waiter: DialWaiter): boolean {
    return this.#waiters.delete(waiter)
  }

  /** Tells everybody, once. */
  settle(outcome: DialOutcome): void {
    // No peer's from now on: a handler that dials and passes this on has failed itself.
    if (isPeerError(outcome)) claimError(outcome, this)
    const waiters = this.#waiters
    this.#waiters = new Set()
    for (const waiter of waiters) waiter.settle(outcome)
  }

  /** Has everybody wait for another attempt. */
  passTo(other: Attempt): void {
    for (const waiter of this.#waiters) {
      waiter.attempt = other
      other.#waiters.add(waiter)
    }
    this.#waiters.clear()
  }
}
