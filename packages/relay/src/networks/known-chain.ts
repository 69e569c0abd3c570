// A chain that the relay knows by name: what eth says of it, and where its nodes are found.
import type { Forks } from '@peerwire/eth'

export interface KnownChain {
  readonly name: string
  readonly networkId: number
  readonly genesisHash: string
  readonly forks: Forks
  /** `enode://…` and `enr:…`. */
  readonly bootnodes: readonly string[]
  /** `enrtree://…` */
  readonly tree: string
}
