// Makes up transactions: valid in every way that can be checked without a chain, from accounts of its own.
import { concatBytes, type Crypto, type Random, randomBelow } from '@peerwire/core'
import { signTransaction, type TransactionFields } from '@peerwire/eth'
import { SAMPLE_CHAIN_ID } from './network.ts'

/** Senders, one after another; each then signs about once in half a minute. */
const ACCOUNTS = 64
const GWEI = 1_000_000_000n
/** Wei; amounts are drawn in steps of a thousandth of an ether. */
const MILLIETHER = 1_000_000_000_000_000n
/** Gas of a plain transfer, and room for that of a token. */
const TRANSFER_GAS = 21_000n
const TOKEN_GAS = 65_000n
/** The first bytes of a call of `transfer(address,uint256)`. */
const TOKEN_TRANSFER = Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb)
/** One in so many is a token transfer. */
const TOKEN_SHARE = 4

export interface SampleTransaction {
  /** 32 bytes. */
  readonly hash: Uint8Array
  readonly envelope: Uint8Array
}

interface Account {
  readonly privateKey: Uint8Array
  readonly address: Uint8Array
  nonce: bigint
}

/**
 * A function that gives the next transaction: EIP-1559, each account's nonces in order. The same draws give the same.
 */
export function createSampleTransactions(random: Random, crypto: Crypto): () => SampleTransaction {
  const accounts = Array.from({ length: ACCOUNTS }, () => createAccount(random, crypto))
  let turn = 0
  return () => {
    const sender = accounts[turn]!
    turn = (turn + 1) % ACCOUNTS
    const recipient = accounts[randomBelow(random, ACCOUNTS)]!
    const envelope = signTransaction(fieldsOf(sender, recipient, random), sender.privateKey, crypto)
    sender.nonce++
    return { hash: crypto.keccak256(envelope), envelope }
  }
}

function createAccount(random: Random, crypto: Crypto): Account {
  let privateKey = random.bytes(32)
  while (!crypto.isPrivateKey(privateKey)) privateKey = random.bytes(32)
  return { privateKey, address: crypto.keccak256(crypto.publicKeyOf(privateKey)).subarray(12), nonce: 0n }
}

function fieldsOf({ nonce }: Account, recipient: Account, random: Random): TransactionFields {
  const maxPriorityFeePerGas = GWEI * BigInt(1 + randomBelow(random, 3))
  const maxFeePerGas = maxPriorityFeePerGas + GWEI * BigInt(10 + randomBelow(random, 40))
  const fees = { chainId: SAMPLE_CHAIN_ID, nonce, maxPriorityFeePerGas, maxFeePerGas }
  const amount = MILLIETHER * BigInt(1 + randomBelow(random, 5000))
  if (randomBelow(random, TOKEN_SHARE) > 0)
    return { ...fees, gasLimit: TRANSFER_GAS, to: recipient.address, value: amount }
  const data = concatBytes(TOKEN_TRANSFER, word(recipient.address), word(bytesOf(amount)))
  return { ...fees, gasLimit: TOKEN_GAS, to: random.bytes(20), value: 0n, data }
}

/** An argument of a call: 32 bytes, zeros first. */
function word(bytes: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array(32 - bytes.length), bytes)
}

function bytesOf(amount: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, amount)
  return bytes
}
