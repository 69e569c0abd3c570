// Endpoint proofs: who has shown to receive at its address, and to whom we have.
import { MAX_PROOFS, PROOF_MS } from './limits.ts'
import type { UdpEndpoint } from './socket.ts'

interface Proof {
  /** When it answered our ping, in milliseconds of the clock, and from which port. */
  provenMs: number
  port: number
  /** When we answered its ping. */
  answeredMs: number
  /** The TCP port that its latest ping named. */
  tcp?: number
}

/** Kept for an id at an IP address, in a bounded memory where the oldest is forgotten. */
export class Proofs {
  readonly #proofs = new Map<string, Proof>()

  get size(): number {
    return this.#proofs.size
  }

  /** It has answered our ping. */
  proven(key: string, { host, port }: UdpEndpoint, nowMs: number): void {
    const proof = this.#touch(key, host)
    proof.provenMs = nowMs
    proof.port = port
  }

  /** We have answered its ping, which named its TCP port. */
  answered(key: string, host: string, tcp: number, nowMs: number): void {
    const proof = this.#touch(key, host)
    proof.answeredMs = nowMs
    proof.tcp = tcp
  }

  /** The TCP port that it names itself; `undefined` where it has never pinged us. */
  tcpOf(key: string, host: string): number | undefined {
    return this.#proofs.get(place(key, host))?.tcp
  }

  /** It seems to have forgotten us. */
  forgetAnswered(key: string, host: string): void {
    const proof = this.#proofs.get(place(key, host))
    if (proof) proof.answeredMs = -Infinity
  }

  /** Whether larger answers may go there. */
  isProven(key: string, host: string, nowMs: number): boolean {
    const proof = this.#proofs.get(place(key, host))
    return proof !== undefined && nowMs - proof.provenMs < PROOF_MS
  }

  /** Whether it has answered from this very port: a ping that somebody sends again comes from another. */
  isProvenAt(key: string, { host, port }: UdpEndpoint, nowMs: number): boolean {
    return this.isProven(key, host, nowMs) && this.#proofs.get(place(key, host))?.port === port
  }

  /** Whether larger answers can be expected from there. */
  isAnswered(key: string, host: string, nowMs: number): boolean {
    const proof = this.#proofs.get(place(key, host))
    return proof !== undefined && nowMs - proof.answeredMs < PROOF_MS
  }

  #touch(key: string, host: string): Proof {
    const name = place(key, host)
    const proof = this.#proofs.get(name) ?? { provenMs: -Infinity, port: 0, answeredMs: -Infinity }
    this.#proofs.delete(name)
    this.#proofs.set(name, proof)
    if (this.#proofs.size > MAX_PROOFS) this.#proofs.delete(this.#proofs.keys().next().value!)
    return proof
  }
}

function place(key: string, host: string): string {
  return `${key}@${host}`
}
