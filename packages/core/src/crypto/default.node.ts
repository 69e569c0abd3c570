// The provider in Node: hashes and ciphers are Node's own or WebAssembly, the curve is WebAssembly.
import { createCipheriv, createHmac, hash } from 'node:crypto'
import { plainBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { createBlockCipher } from './block-cipher.ts'
import { NodeKeystream } from './keystream.node.ts'
import { portableCrypto } from './portable.ts'
import { WasmFrameMac } from './wasm-frames/frame-mac.ts'
import { WasmKeccak256, wasmKeccak256 } from './wasm-keccak/keccak.ts'
import { wasmCurve } from './wasm-secp256k1/curve.ts'

/**
 * What a node uses when it is given nothing else. In Node: secp256k1 and keccak-256 by WebAssembly, the former by
 * libsecp256k1, constant in time for secrets as far as compilers and engines leave it so; keystreams, AES-128-CTR,
 * SHA-256 and HMAC by `node:crypto`; single blocks of AES in JavaScript. Elsewhere it is `portableCrypto`.
 */
export const defaultCrypto: Crypto = {
  ...portableCrypto,
  ...wasmCurve,
  keccak256: wasmKeccak256,
  createKeccak256: () => new WasmKeccak256(),
  sha256,
  hmacSha256: (key, bytes) => plainBytes(createHmac('sha256', key).update(bytes).digest()),
  aes128Ctr: (key, iv, bytes) => plainBytes(createCipheriv('aes-128-ctr', key, iv).update(bytes)),
  createKeystream: (key) => new NodeKeystream(key),
  createBlockCipher,
  createFrameMac: (hash, key) => (hash instanceof WasmKeccak256 ? new WasmFrameMac(hash, key) : undefined),
}

// As a text and back: an array of Node's own has memory of its own to be freed, and with it a hash takes twice as long.
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(32)
  for (let i = 0; i < 32; i++) digest[i] = text.charCodeAt(i)
  return digest
}
