// The state of eth as plain JSON.
import { toHex } from '@peerwire/core'
import type { InventoryFigures, InventoryPlugin } from '@peerwire/core/inventory'
import type { Handshakes } from './handshakes.ts'
import type { RelayCounts } from './relay.ts'

export interface EthPeerInspection {
  readonly id: string
  readonly earliest: string
  readonly latest: string
  readonly latestHash: string
}

export interface EthInspection {
  /** Absent while it is not known. Large numbers are decimal text. */
  readonly network?: {
    readonly networkId: string
    readonly chainId: string
    readonly genesisHash: string
    readonly origin: string
  }
  readonly peers: readonly EthPeerInspection[]
  readonly transactions: RelayCounts
  readonly inventory: InventoryFigures
}

const NO_COUNTS: RelayCounts = { blobs: 0, repeated: 0, unanswered: 0 }

export function inspectEth(
  handshakes: Handshakes,
  counts: RelayCounts | undefined,
  inventory: InventoryPlugin,
): EthInspection {
  const { network } = handshakes
  const peers = Array.from(handshakes.ready(), ({ peer: { id }, status: { earliest, latest, latestHash } }) => ({
    id,
    earliest: String(earliest),
    latest: String(latest),
    latestHash: toHex(latestHash),
  }))
  const rest = { peers, transactions: { ...(counts ?? NO_COUNTS) }, inventory: inventory.inspect() }
  if (!network) return rest
  const { networkId, chainId, genesisHash, origin } = network
  const named = {
    networkId: String(networkId),
    chainId: String(chainId),
    genesisHash: toHex(genesisHash),
    origin,
  }
  return { network: named, ...rest }
}
