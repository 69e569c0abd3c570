// The cryptography that the stack needs, as a type; providers lie in `crypto/`.

/** A running keccak-256: `digest` tells the hash of all bytes so far and the state goes on. */
export interface RunningHash {
  update(bytes: Uint8Array): void
  /** The 32-byte hash of everything absorbed; a fresh array. */
  digest(): Uint8Array
}

/** One unbroken AES-256-CTR keystream with a zero IV. */
export interface Keystream {
  /**
   * XORs the next bytes of the stream into `bytes`, in place, all of them or those from `from` to `to`; `false` when
   * they are not ready yet.
   */
  apply(bytes: Uint8Array, from?: number, to?: number): boolean
  /** Resolves when `apply` may be asked again; portable providers are always ready. */
  ready(): Promise<void>
  /** Gives back what was taken ahead, because nothing is expected soon; the stream goes on where it is. */
  rest?(): void
}

/**
 * The running MAC of one direction of a session. A frame is an encrypted header of 16 bytes, its tag of 16, the
 * encrypted body, and its tag of 16. Tags are compared in the same time wherever they differ.
 *
 * @see https://github.com/ethereum/devp2p/blob/master/rlpx.md#mac
 */
export interface FrameMac {
  /** Writes both tags into a whole frame of at most 64 KiB; only where that is quicker than the three below. */
  seal?(frame: Uint8Array): void
  /** Absorbs the header and writes its tag; `absorb` follows for the body, then `sealBody`, which writes the other. */
  sealHeader(frame: Uint8Array): void
  sealBody(frame: Uint8Array): void
  /** Absorbs the header at `at`; whether the tag behind it is right. */
  openHeader(bytes: Uint8Array, at: number): boolean
  /** Absorbs a piece of a body. */
  absorb(bytes: Uint8Array, from: number, to: number): void
  /** After the whole body was absorbed; whether its tag lies at `at`. */
  closeBody(bytes: Uint8Array, at: number): boolean
  /** Both at once, for a body whose tag ends at `to`. */
  openBody(bytes: Uint8Array, from: number, to: number): boolean
}

/**
 * Public keys are 64 bytes x‖y, private keys 32, recoverable signatures 65 bytes r‖s‖v with v 0 or 1.
 * Everything is synchronous but `Keystream.ready`.
 */
export interface Crypto {
  /** Whether the 64 bytes are a point on secp256k1 with both coordinates below the field prime. */
  isPublicKey(publicKey: Uint8Array): boolean
  /** Whether the 32 bytes are from 1 to the group order less 1. */
  isPrivateKey(privateKey: Uint8Array): boolean
  publicKeyOf(privateKey: Uint8Array): Uint8Array
  /** The x coordinate of the shared point, 32 bytes. @throws {RangeError} when `isPublicKey` is false */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  /** Signs a 32-byte hash as it is. */
  sign(hash: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** The public key whose signature this is; `undefined` when there is none. */
  recover(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined
  keccak256(bytes: Uint8Array): Uint8Array
  createKeccak256(): RunningHash
  sha256(bytes: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array
  /** AES-128-CTR of a whole message with a 16-byte IV; a fresh array. */
  aes128Ctr(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array
  /** A keystream for a session, 32-byte key. */
  createKeystream(key: Uint8Array): Keystream
  /** AES-256 of single blocks under one key: a function from the first 16 bytes of an array to a fresh 16. */
  createBlockCipher(key: Uint8Array): (block: Uint8Array) => Uint8Array
  /**
   * Where a provider has a quicker way than hash and block cipher: the MAC under a 32-byte key that goes on from
   * `hash`, which it takes over; `undefined` when it doesn't know that hash.
   */
  createFrameMac?(hash: RunningHash, key: Uint8Array): FrameMac | undefined
}
