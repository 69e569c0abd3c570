// The eth protocol (eth/69 to eth/72) for peerwire.
export { BLOCK_KIND, blockKind } from './block-kind.ts'
export type { BlockKind, BlockKindOptions, ConfirmBlock } from './block-kind.ts'
export { createTransactionChecker, DEFAULT_BUDGET } from './checker.ts'
export type { CheckBudget, TransactionChecker, TransactionCheckerOptions } from './checker.ts'
export { forkIdOf, forkIdRefusal } from './fork-id.ts'
export type { ChainHead, ForkId, Forks } from './fork-id.ts'
export { headerNumbers, headersRefusal, readHeader } from './header.ts'
export type { Header } from './header.ts'
export type { Announced, MaskedAnnouncement } from './announcement.ts'
export type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
export type { HeadersQuestion } from './messages.ts'
export { ETH_VERSIONS, ethProtocols } from './protocol.ts'
export type {
  CommonMessages,
  Eth70Messages,
  Eth71Messages,
  Eth72Messages,
  EthMessages,
  EthProtocols,
  EthVersion,
} from './protocol.ts'
export type { ReceiptsAnswer, ReceiptsQuestion } from './receipts.ts'
export { signTransaction } from './sign-transaction.ts'
export type { TransactionFields } from './sign-transaction.ts'
export type { BlockRange, Status } from './status.ts'
export { readTransaction } from './transaction.ts'
export type { Transaction } from './transaction.ts'
export { eth } from './eth.ts'
export type { Eth, EthEvents, EthOptions, EthRequestOptions, HeadersRequest } from './api.ts'
export type { EthInspection, EthPeerInspection } from './inspect.ts'
export type { EthNetwork, KnownNetwork } from './network.ts'
export { metaOf, TRANSACTION_KIND } from './transaction-kind.ts'
export type { Arrival } from './relay.ts'
export type { EthServe, ServeContext } from './serve.ts'
