// Reads one signed transaction and checks all that can be checked without a chain: form, size, chain id, signature.
import { bigUintOf, bytesOf, DiscReason, listOf, PeerError, readListViews, readRlp, toHex } from '@peerwire/core'
import type { Crypto, RlpItem } from '@peerwire/core'
import { isList, joinList } from './raw-rlp.ts'
import { signatureRefusal, signatureBytes, type Signature } from './signature.ts'
import { writeRlp } from './write-rlp.ts'

/** Most bytes of an envelope; go-ethereum's pool takes no larger one. */
export const MAX_TRANSACTION_BYTES: number = 128 * 1024
/** Transactions whose blobs travel beside them: announced, never sent whole. */
export const BLOB_TYPE = 3
/** Items in the largest envelope: an access list of 32-byte keys has 3,900, an authorization list 8,000. */
const MAX_ITEMS = 16_384

/** A transaction whose signature fits. */
export interface Transaction {
  /** 32 bytes: keccak-256 of the envelope. */
  readonly hash: Uint8Array
  /** 0 legacy, 1 access list (EIP-2930), 2 fees (EIP-1559), 4 set code (EIP-7702). */
  readonly type: number
  /** The canonical envelope (EIP-2718), as it was given. */
  readonly bytes: Uint8Array
  /** Absent in a legacy transaction from before EIP-155, which is valid on every chain. */
  readonly chainId: bigint | undefined
  /** The 20-byte address that the signature proves. */
  readonly sender: Uint8Array
  readonly nonce: bigint
  /** 20 bytes; absent when it creates a contract. */
  readonly to: Uint8Array | undefined
  /** In wei. */
  readonly value: bigint
  readonly gasLimit: bigint
  /** Most wei paid for a unit of gas: the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** A view. */
  readonly data: Uint8Array
}

/** Where the fields of a type lie in its list; gas limit, recipient, value and data follow the fee. */
interface Layout {
  readonly fields: number
  readonly chainId: number
  readonly nonce: number
  readonly tip: number
  readonly fee: number
}

const LEGACY: Layout = { fields: 6, chainId: -1, nonce: 0, tip: 1, fee: 1 }
const LAYOUTS: Readonly<Record<number, Layout>> = {
  1: { fields: 8, chainId: 0, nonce: 1, tip: 2, fee: 2 },
  2: { fields: 9, chainId: 0, nonce: 1, tip: 2, fee: 3 },
  4: { fields: 10, chainId: 0, nonce: 1, tip: 2, fee: 3 },
}

/** Whether `readTransaction` knows the type. */
export function isReadableType(type: number): boolean {
  return type === 0 || LAYOUTS[type] !== undefined
}

/** The type that an envelope states, 0 for a legacy one. */
export function typeOf(envelope: Uint8Array): number {
  return envelope.length > 0 && !isList(envelope) ? envelope[0]! : 0
}

/**
 * Reads and checks an envelope. Costs one public-key recovery.
 *
 * @param chainId - the chain it must be for
 * @param hash - its hash, where that is known already
 * @throws {PeerError} `invalid item` saying what is wrong with it
 */
export function readTransaction(
  envelope: Uint8Array,
  chainId: bigint,
  crypto: Crypto,
  hash: Uint8Array = crypto.keccak256(envelope),
): Transaction {
  try {
    return read(envelope, chainId, crypto, hash)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : 'not readable'
    throw invalidItem(`transaction ${toHex(hash)}: ${text}`, cause instanceof Refusal ? undefined : cause)
  }
}

export function invalidItem(text: string, cause?: unknown): PeerError {
  return new PeerError('invalid item', DiscReason.subprotocolError, text, cause === undefined ? undefined : { cause })
}

/** A reason of ours, as against one that the RLP reader found. */
class Refusal extends Error {}

function read(envelope: Uint8Array, chainId: bigint, crypto: Crypto, hash: Uint8Array): Transaction {
  const { length } = envelope
  if (length > MAX_TRANSACTION_BYTES) throw new Refusal(`${length} bytes, at most ${MAX_TRANSACTION_BYTES}`)
  const type = typeOf(envelope)
  if (type === BLOB_TYPE) throw new Refusal('a blob transaction was sent whole')
  const layout = type === 0 && isList(envelope) ? LEGACY : LAYOUTS[type]
  if (!layout) throw new Refusal(`unknown type ${type}`)
  const body = layout === LEGACY ? envelope : envelope.subarray(1)
  const items = listOf(readRlp(body, { maxItems: MAX_ITEMS, maxDepth: 4 }))
  if (items.length !== layout.fields + 3) throw new Refusal(`${items.length} fields where ${layout.fields + 3} belong`)
  if (type > 0) checkLists(type, items)
  const { signed, signature, chain } = signedPart(type, layout, items, readListViews(body, layout.fields + 3))
  if (chain !== undefined && chain !== chainId) throw new Refusal(`for chain ${chain}, ours is ${chainId}`)
  const refusal = signatureRefusal(signature)
  if (refusal) throw new Refusal(refusal)
  const fields = fieldsOf(layout, items)
  const sender = crypto.recover(crypto.keccak256(signed), signatureBytes(signature))
  if (!sender) throw new Refusal("the signature is nobody's")
  return { hash, type, bytes: envelope, chainId: chain, sender: crypto.keccak256(sender).subarray(12), ...fields }
}

function fieldsOf(
  { nonce, tip, fee }: Layout,
  items: readonly RlpItem[],
): Omit<Transaction, 'hash' | 'type' | 'bytes' | 'chainId' | 'sender'> {
  const to = bytesOf(items[fee + 2])
  if (to.length !== 20 && to.length !== 0) throw new Refusal(`recipient of ${to.length} bytes`)
  const maxFeePerGas = bigUintOf(items[fee])
  const maxPriorityFeePerGas = bigUintOf(items[tip])
  if (maxPriorityFeePerGas > maxFeePerGas) {
    throw new Refusal(`priority fee ${maxPriorityFeePerGas} past the fee cap ${maxFeePerGas}`)
  }
  return {
    nonce: bigUintOf(items[nonce], 64),
    to: to.length === 0 ? undefined : to,
    value: bigUintOf(items[fee + 3]),
    gasLimit: bigUintOf(items[fee + 1], 64),
    maxFeePerGas,
    maxPriorityFeePerGas,
    data: bytesOf(items[fee + 4]),
  }
}

interface SignedPart {
  readonly signed: Uint8Array
  readonly signature: Signature
  readonly chain: bigint | undefined
}

// What was signed, put together again from the views of the fields: nothing is encoded a second time.
function signedPart(type: number, layout: Layout, items: readonly RlpItem[], views: readonly Uint8Array[]): SignedPart {
  const v = bigUintOf(items[layout.fields])
  const r = bigUintOf(items[layout.fields + 1])
  const s = bigUintOf(items[layout.fields + 2])
  const fields = views.slice(0, layout.fields)
  if (layout !== LEGACY) {
    if (v > 1n) throw new Refusal(`parity ${v} of the signature is not 0 or 1`)
    const list = joinList(fields)
    const signed = new Uint8Array(1 + list.length)
    signed[0] = type
    signed.set(list, 1)
    return { signed, signature: { r, s, parity: Number(v) }, chain: bigUintOf(items[layout.chainId]) }
  }
  if (v === 27n || v === 28n) {
    return { signed: joinList(fields), signature: { r, s, parity: Number(v - 27n) }, chain: undefined }
  }
  if (v < 35n) throw new Refusal(`v ${v} of the signature is not 27, 28, or 35 and more`)
  const chain = (v - 35n) >> 1n
  const signed = joinList([...fields, writeRlp(chain), writeRlp(0), writeRlp(0)])
  return { signed, signature: { r, s, parity: Number((v - 35n) & 1n) }, chain }
}

// The lists of the typed transactions: access list, and authorizations of type 4.
function checkLists(type: number, items: readonly RlpItem[]): void {
  const accessList = items[type === 1 ? 7 : 8]
  for (const entry of listOf(accessList)) {
    const [address, keys, ...rest] = listOf(entry, 2)
    bytesOf(address, 20)
    for (const key of listOf(keys)) bytesOf(key, 32)
    if (rest.length > 0) throw new Refusal(`an access list entry of ${rest.length + 2} items`)
  }
  if (type === 4) checkAuthorizations(items)
}

function checkAuthorizations(items: readonly RlpItem[]): void {
  bytesOf(items[5], 20)
  const authorizations = listOf(items[9])
  if (authorizations.length === 0) throw new Refusal('no authorization in a set-code transaction')
  for (const authorization of authorizations) {
    const fields = listOf(authorization, 6)
    if (fields.length !== 6) throw new Refusal(`an authorization of ${fields.length} fields`)
    bigUintOf(fields[0])
    bytesOf(fields[1], 20)
    bigUintOf(fields[2], 64)
    bigUintOf(fields[3], 8)
    bigUintOf(fields[4])
    bigUintOf(fields[5])
  }
}
