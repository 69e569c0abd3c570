// What the eth plugin takes and gives.
import type { Events, Offer, Peer, Plugin } from '@peerwire/core'
import type { InventoryPlugin } from '@peerwire/core/inventory'
import type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
import type { BlockKind } from './block-kind.ts'
import type { CheckBudget } from './checker.ts'
import type { ChainHead } from './fork-id.ts'
import type { Header } from './header.ts'
import type { EthInspection } from './inspect.ts'
import type { EthNetwork, KnownNetwork } from './network.ts'
import type { Arrival } from './relay.ts'
import type { EthVersion } from './protocol.ts'
import type { EthServe } from './serve.ts'
import type { BlockRange, Status } from './status.ts'
import type { Transaction } from './transaction.ts'

export interface EthOptions {
  /** The chain; `auto`: the first dialed peer decides, and until then eth peers that dial us are useless. */
  readonly network: EthNetwork | 'auto'
  /** For `auto`, where it differs from the network id. */
  readonly chainId?: bigint | undefined
  /** Shared with other protocols, and then one of the node's plugins too, before this one; default: one of its own. */
  readonly inventory?: InventoryPlugin | undefined
  /**
   * Headers of the chain are given to the inventory as items of this kind, which is one of the inventory's: those that
   * peers have which this node dialed. Needs `inventory`; default: headers are fetched only when asked for.
   */
  readonly blocks?: BlockKind | undefined
  /** What peers may ask for beside transactions; default: nothing, which is answered with empty lists. */
  readonly serve?: EthServe | undefined
  /**
   * The versions that are offered; of those that both have the highest is spoken. Default: 69, 70, 71 and 72, as
   * go-ethereum offers them.
   */
  readonly versions?: readonly EthVersion[] | undefined
  /** How many transactions of one peer are checked. */
  readonly budget?: CheckBudget | undefined
  /** Where the chain stands, for its forks; default: past those by number, and at this computer's time. */
  readonly head?: (() => ChainHead) | undefined
}

export interface EthEvents {
  /** The chain was learned from a peer (`auto`). */
  'network:learned': [network: KnownNetwork, peer: Peer]
  /** Both have said their Status, and they fit. */
  'peer:ready': [peer: Peer, status: Status]
  'range:changed': [peer: Peer, range: BlockRange]
  /** A transaction that was not here before, checked. */
  'transaction:received': [arrival: Arrival]
  /** A header that was not here before, fetched from a peer (`blocks`); its hash and its link are proven. */
  'block:received': [header: Header, peer: Peer]
}

/** Which headers to ask for. */
export interface HeadersRequest {
  /** A block number, or a 32-byte hash. */
  readonly start: bigint | number | Uint8Array
  /** 1 to 1,024. */
  readonly limit: number
  /** Blocks left out between two; default 0. */
  readonly skip?: number | undefined
  /** Towards genesis; default away from it. */
  readonly reverse?: boolean | undefined
}

export interface EthRequestOptions {
  readonly signal?: AbortSignal | undefined
}

/** The eth protocol of one node: give it to `createNode({ plugins })`. */
export interface Eth extends Plugin, Events<EthEvents> {
  readonly name: 'eth'
  readonly protocols: readonly Offer[]
  /** The chain; absent while it is not known. */
  readonly network: KnownNetwork | undefined
  /** What the peer has said of itself; absent before the Status exchange is over. */
  statusOf(peer: Peer): Status | undefined
  /**
   * Says which blocks we can serve: to peers now, and in each Status from now on. @throws {TypeError} for a range that
   * can't be one
   */
  setRange(range: BlockRange): void
  /**
   * Asks for headers. The answer is proven, as far as hashes can, to be one to the question; it may be shorter.
   *
   * @throws {PeerError} `request timeout`, `unexpected answer`, or what ended the peer
   */
  getBlockHeaders(peer: Peer, request: HeadersRequest, options?: EthRequestOptions): Promise<readonly Header[]>
  /** Asks for bodies, as RLP; what the peer doesn't have ends the list. They are not checked against their headers. */
  getBlockBodies(peer: Peer, hashes: readonly Uint8Array[], options?: EthRequestOptions): Promise<readonly Uint8Array[]>
  /**
   * Asks for the receipts of blocks, as RLP, a list for each; otherwise as `getBlockBodies`. From eth/70 on a large
   * block comes in several answers, which are joined: 64 MiB at most.
   */
  getReceipts(peer: Peer, hashes: readonly Uint8Array[], options?: EthRequestOptions): Promise<readonly Uint8Array[]>
  /**
   * Asks for block access lists (EIP-7928), as RLP, `undefined` for those that the peer hasn't. They are not checked
   * against their headers.
   *
   * @throws {PeerError} `not served` by a peer below eth/71; otherwise as `getBlockHeaders`
   */
  getBlockAccessLists(peer: Peer, hashes: readonly Uint8Array[], options?: EthRequestOptions): Promise<AccessLists>
  /**
   * Asks for cells of blob transactions. They are not checked against commitments.
   *
   * @throws {PeerError} `not served` by a peer below eth/72; otherwise as `getBlockHeaders`
   */
  getCells(peer: Peer, question: CellsQuestion, options?: EthRequestOptions): Promise<CellsAnswer>
  /**
   * Sends a signed transaction to the network: whole to some peers, announced to the others.
   *
   * @throws {TypeError} when the chain is not known yet, or with what is wrong with the transaction
   */
  broadcastTransaction(envelope: Uint8Array): Transaction
  inspect(): EthInspection
}
