// The signature of a transaction: its bounds and its bytes.

export interface Signature {
  readonly r: bigint
  readonly s: bigint
  /** 0 or 1. */
  readonly parity: number
}

/** Order of secp256k1. */
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n

/** Why the numbers can't be a signature; absent when they can. `s` above half the order is refused (EIP-2). */
export function signatureRefusal({ r, s }: Signature): string | undefined {
  if (r === 0n || r >= ORDER) return 'r of the signature is out of range'
  if (s === 0n || s > ORDER / 2n) return 's of the signature is out of range'
  return undefined
}

/** 65 bytes r‖s‖parity, as `Crypto.recover` takes them. */
export function signatureBytes({ r, s, parity }: Signature): Uint8Array {
  const bytes = new Uint8Array(65)
  writeNumber(bytes, 0, r)
  writeNumber(bytes, 32, s)
  bytes[64] = parity
  return bytes
}

function writeNumber(target: Uint8Array, offset: number, value: bigint): void {
  const view = new DataView(target.buffer)
  for (let i = 0; i < 4; i++) view.setBigUint64(offset + 24 - 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)))
}
