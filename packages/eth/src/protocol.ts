// eth/69 to eth/72 as typed subprotocols: their codes and what they carry.
import { defineProtocol, message, request } from '@peerwire/core'
import type { Codec, MessageDefinition, Messages, Protocol, RequestDefinition } from '@peerwire/core'
import { announcementCodec, maskedAnnouncementCodec } from './announcement.ts'
import type { Announced, MaskedAnnouncement } from './announcement.ts'
import { accessListsCodec, cellsAnswerCodec, cellsQuestionCodec } from './cells.ts'
import type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
import {
  envelopesCodec,
  hashesCodec,
  headersQuestionCodec,
  MAX_MESSAGE_BYTES,
  MAX_QUESTION_BYTES,
  rawListCodec,
} from './messages.ts'
import type { HeadersQuestion } from './messages.ts'
import { receiptsAnswerCodec, receiptsQuestionCodec } from './receipts.ts'
import type { ReceiptsAnswer, ReceiptsQuestion } from './receipts.ts'
import { blockRangeCodec, statusCodec } from './status.ts'
import type { BlockRange, Status } from './status.ts'

type Hashes = readonly Uint8Array[]
type Raw = readonly Uint8Array[]

/** What all versions have alike. A type alias, as all here, because an interface is no record of messages. */
export type CommonMessages = {
  readonly status: MessageDefinition<Codec<Status>>
  readonly transactions: MessageDefinition<Codec<Raw>>
  readonly getBlockHeaders: RequestDefinition<Codec<HeadersQuestion>, Codec<Raw>>
  readonly getBlockBodies: RequestDefinition<Codec<Hashes>, Codec<Raw>>
  readonly getPooledTransactions: RequestDefinition<Codec<Hashes>, Codec<Raw>>
  readonly blockRangeUpdate: MessageDefinition<Codec<BlockRange>>
}

/** The messages of eth/69. */
export type EthMessages = CommonMessages & {
  readonly newPooledTransactionHashes: MessageDefinition<Codec<readonly Announced[]>>
  readonly getReceipts: RequestDefinition<Codec<Hashes>, Codec<Raw>>
}

/** Of eth/70: receipts of one block may come in parts. */
export type Eth70Messages = CommonMessages & {
  readonly newPooledTransactionHashes: MessageDefinition<Codec<readonly Announced[]>>
  readonly getReceipts: RequestDefinition<Codec<ReceiptsQuestion>, Codec<ReceiptsAnswer>>
}

/** Of eth/71: with block access lists. */
export type Eth71Messages = Eth70Messages & {
  readonly getBlockAccessLists: RequestDefinition<Codec<Hashes>, Codec<AccessLists>>
}

/** Of eth/72: announcements have a custody mask, and cells of blobs can be asked for. */
export type Eth72Messages = Omit<Eth71Messages, 'newPooledTransactionHashes'> & {
  readonly newPooledTransactionHashes: MessageDefinition<Codec<MaskedAnnouncement>>
  readonly getCells: RequestDefinition<Codec<CellsQuestion>, Codec<CellsAnswer>>
}

/** The versions that there are here, as go-ethereum offers them; the highest that both have is spoken. */
export const ETH_VERSIONS = [69, 70, 71, 72] as const
export type EthVersion = (typeof ETH_VERSIONS)[number]

/** Codes that each takes on the wire. */
const CODES: Readonly<Record<EthVersion, number>> = { 69: 18, 70: 18, 71: 20, 72: 22 }
/** Bytes of a Status or a BlockRangeUpdate, which have 100 at most, and room. */
const MAX_STATUS_BYTES = 1024

const large = { maxBytes: MAX_MESSAGE_BYTES }
const question = { maxBytes: MAX_QUESTION_BYTES, maxAnswerBytes: MAX_MESSAGE_BYTES }

const common: CommonMessages = {
  status: /* @__PURE__ */ message(0x00, statusCodec, { maxBytes: MAX_STATUS_BYTES }),
  transactions: /* @__PURE__ */ message(0x02, envelopesCodec, large),
  getBlockHeaders: /* @__PURE__ */ request(0x03, headersQuestionCodec, 0x04, rawListCodec, question),
  getBlockBodies: /* @__PURE__ */ request(0x05, hashesCodec, 0x06, rawListCodec, question),
  getPooledTransactions: /* @__PURE__ */ request(0x09, hashesCodec, 0x0a, envelopesCodec, question),
  blockRangeUpdate: /* @__PURE__ */ message(0x11, blockRangeCodec, { maxBytes: MAX_STATUS_BYTES }),
}
const messages69: EthMessages = {
  ...common,
  newPooledTransactionHashes: /* @__PURE__ */ message(0x08, announcementCodec, large),
  getReceipts: /* @__PURE__ */ request(0x0f, hashesCodec, 0x10, rawListCodec, question),
}
const messages70: Eth70Messages = {
  ...messages69,
  getReceipts: /* @__PURE__ */ request(0x0f, receiptsQuestionCodec, 0x10, receiptsAnswerCodec, {
    ...question,
    items: 2,
    answerItems: 2,
  }),
}
const messages71: Eth71Messages = {
  ...messages70,
  getBlockAccessLists: /* @__PURE__ */ request(0x12, hashesCodec, 0x13, accessListsCodec, question),
}
const messages72: Eth72Messages = {
  ...messages71,
  newPooledTransactionHashes: /* @__PURE__ */ message(0x08, maskedAnnouncementCodec, large),
  getCells: /* @__PURE__ */ request(0x14, cellsQuestionCodec, 0x15, cellsAnswerCodec, {
    ...question,
    items: 2,
    answerItems: 3,
  }),
}

function define<M extends Messages>(version: EthVersion, messages: M): Protocol<M> {
  return defineProtocol<M>({ name: 'eth', version, length: CODES[version], messages })
}

/** The protocols by version. */
export interface EthProtocols {
  readonly 69: Protocol<EthMessages>
  readonly 70: Protocol<Eth70Messages>
  readonly 71: Protocol<Eth71Messages>
  readonly 72: Protocol<Eth72Messages>
}

/**
 * The eth protocol by version. Transactions are envelopes (EIP-2718); headers, bodies, receipts and access lists are
 * RLP as it is.
 *
 * @see https://github.com/ethereum/devp2p/blob/master/caps/eth.md
 */
export const ethProtocols: EthProtocols = {
  69: /* @__PURE__ */ define(69, messages69),
  70: /* @__PURE__ */ define(70, messages70),
  71: /* @__PURE__ */ define(71, messages71),
  72: /* @__PURE__ */ define(72, messages72),
}
