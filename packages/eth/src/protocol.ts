// eth/69 as a typed subprotocol: its codes and what they carry.
import { defineProtocol, message, request } from '@peerwire/core'
import type { Codec, MessageDefinition, Protocol, RequestDefinition } from '@peerwire/core'
import {
  announcementCodec,
  envelopesCodec,
  hashesCodec,
  headersQuestionCodec,
  MAX_MESSAGE_BYTES,
  MAX_QUESTION_BYTES,
  rawListCodec,
} from './messages.ts'
import type { Announced, HeadersQuestion } from './messages.ts'
import { blockRangeCodec, ETH_VERSION, statusCodec } from './status.ts'
import type { BlockRange, Status } from './status.ts'

type Hashes = readonly Uint8Array[]
type Raw = readonly Uint8Array[]

/** The messages of eth/69. A type alias, because an interface is no record of messages. */
export type EthMessages = {
  readonly status: MessageDefinition<Codec<Status>>
  readonly transactions: MessageDefinition<Codec<Raw>>
  readonly getBlockHeaders: RequestDefinition<Codec<HeadersQuestion>, Codec<Raw>>
  readonly getBlockBodies: RequestDefinition<Codec<Hashes>, Codec<Raw>>
  readonly newPooledTransactionHashes: MessageDefinition<Codec<readonly Announced[]>>
  readonly getPooledTransactions: RequestDefinition<Codec<Hashes>, Codec<Raw>>
  readonly getReceipts: RequestDefinition<Codec<Hashes>, Codec<Raw>>
  readonly blockRangeUpdate: MessageDefinition<Codec<BlockRange>>
}

/** Codes that eth/69 takes on the wire: 0x00 to 0x11. */
const CODES = 18
/** Bytes of a Status or a BlockRangeUpdate, which have 100 at most, and room. */
const MAX_STATUS_BYTES = 1024

const large = { maxBytes: MAX_MESSAGE_BYTES }
const question = { maxBytes: MAX_QUESTION_BYTES, maxAnswerBytes: MAX_MESSAGE_BYTES }

/**
 * The eth protocol, version 69. Transactions are envelopes (EIP-2718); headers, bodies and receipts are RLP as it is.
 *
 * @see https://github.com/ethereum/devp2p/blob/master/caps/eth.md
 */
export const ethProtocol: Protocol<EthMessages> = /* @__PURE__ */ defineProtocol<EthMessages>({
  name: 'eth',
  version: ETH_VERSION,
  length: CODES,
  messages: {
    status: /* @__PURE__ */ message(0x00, statusCodec, { maxBytes: MAX_STATUS_BYTES }),
    transactions: /* @__PURE__ */ message(0x02, envelopesCodec, large),
    getBlockHeaders: /* @__PURE__ */ request(0x03, headersQuestionCodec, 0x04, rawListCodec, question),
    getBlockBodies: /* @__PURE__ */ request(0x05, hashesCodec, 0x06, rawListCodec, question),
    newPooledTransactionHashes: /* @__PURE__ */ message(0x08, announcementCodec, large),
    getPooledTransactions: /* @__PURE__ */ request(0x09, hashesCodec, 0x0a, envelopesCodec, question),
    getReceipts: /* @__PURE__ */ request(0x0f, hashesCodec, 0x10, rawListCodec, question),
    blockRangeUpdate: /* @__PURE__ */ message(0x11, blockRangeCodec, { maxBytes: MAX_STATUS_BYTES }),
  },
})
