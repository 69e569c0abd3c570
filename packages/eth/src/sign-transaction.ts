// Makes a signed EIP-1559 transaction, for programs that send their own.
import { concatBytes } from '@peerwire/core'
import type { Crypto, RlpInput } from '@peerwire/core'
import { writeRlp } from './write-rlp.ts'

const FEE_TYPE = 2

/** What an EIP-1559 transaction says; amounts in wei. */
export interface TransactionFields {
  readonly chainId: bigint
  readonly nonce: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly maxFeePerGas: bigint
  readonly gasLimit: bigint
  /** 20 bytes; absent creates a contract. */
  readonly to?: Uint8Array | undefined
  readonly value: bigint
  readonly data?: Uint8Array | undefined
}

/**
 * The envelope of a signed transaction, ready to be broadcast.
 *
 * @param privateKey - 32 bytes
 */
export function signTransaction(fields: TransactionFields, privateKey: Uint8Array, crypto: Crypto): Uint8Array {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, value } = fields
  const none = new Uint8Array(0)
  const list: RlpInput[] = [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit]
  list.push(fields.to ?? none, value, fields.data ?? none, [])
  const signature = crypto.sign(crypto.keccak256(envelope(list)), privateKey)
  return envelope([...list, signature[64]!, numberAt(signature, 0), numberAt(signature, 32)])
}

function envelope(list: readonly RlpInput[]): Uint8Array {
  return concatBytes(Uint8Array.of(FEE_TYPE), writeRlp(list))
}

function numberAt(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32)
  let value = 0n
  for (let i = 0; i < 4; i++) value = (value << 64n) | view.getBigUint64(8 * i)
  return value
}
