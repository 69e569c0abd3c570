// The network of the sample source: a chain that exists nowhere else, so that nothing of it can be mistaken for money.
import { portableCrypto } from '@peerwire/core'
import type { EthNetwork } from '@peerwire/eth'

/** The letters `peer` as a number. No chain is registered under it. */
export const SAMPLE_NETWORK_ID = 0x70_65_65_72
/** What transactions are signed for: the same number, as is usual. */
export const SAMPLE_CHAIN_ID = 0x70_65_65_72n

/** There is no genesis block; its hash is that of a text. */
const GENESIS_TEXT = 'peerwire sample network'

/** The sample network, with no fork ever. */
export function sampleNetwork(): EthNetwork {
  return {
    networkId: SAMPLE_NETWORK_ID,
    chainId: SAMPLE_CHAIN_ID,
    genesisHash: portableCrypto.keccak256(new TextEncoder().encode(GENESIS_TEXT)),
    forks: { blocks: [], times: [] },
  }
}
