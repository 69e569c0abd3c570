// What seals and opens frames in a page, as quickly as a page can: keccak-256 by WebAssembly, keystreams by WebCrypto.
import type { Crypto } from '../base/crypto.ts'
import { webCrypto } from '../base/web-crypto.ts'
import { createBlockCipher } from './block-cipher.ts'
import { BrowserKeystream } from './keystream.browser.ts'
import { WasmKeccak256, wasmKeccak256 } from './wasm-keccak/keccak.ts'

/** The parts of a provider that messages use; the page's policy must allow WebAssembly. */
export const sessionCiphers: Pick<Crypto, 'keccak256' | 'createKeccak256' | 'createKeystream' | 'createBlockCipher'> = {
  keccak256: wasmKeccak256,
  createKeccak256: () => new WasmKeccak256(),
  createKeystream: (key) => new BrowserKeystream(key, webCrypto()),
  createBlockCipher,
}
