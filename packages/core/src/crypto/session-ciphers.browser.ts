// What seals and opens frames in a page, as quickly as a page can.
import type { Crypto } from '../base/crypto.ts'
import { webCrypto } from '../base/web-crypto.ts'
import { createBlockCipher } from './block-cipher.ts'
import { BrowserKeystream } from './keystream.browser.ts'
import { WasmFrameMac } from './wasm-frames/frame-mac.ts'
import { WasmKeccak256, wasmKeccak256 } from './wasm-keccak/keccak.ts'

/** Keystreams by WebCrypto where the page has it, and by the portable cipher where not. */
export const keystreams: Pick<Crypto, 'createKeystream' | 'createBlockCipher'> = {
  createKeystream: (key) => new BrowserKeystream(key, webCrypto()),
  createBlockCipher,
}

/** keccak-256 and the MAC of frames as WebAssembly, which the page's policy must allow. */
export const wasmFrames: Pick<Crypto, 'keccak256' | 'createKeccak256' | 'createFrameMac'> = {
  keccak256: wasmKeccak256,
  createKeccak256: () => new WasmKeccak256(),
  createFrameMac: (hash, key) => (hash instanceof WasmKeccak256 ? new WasmFrameMac(hash, key) : undefined),
}
