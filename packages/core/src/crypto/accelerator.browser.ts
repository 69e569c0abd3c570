// The entry `@peerwire/core/accelerator` for pages: loaded by whoever wants more speed than the first load has.
import type { Crypto } from '../base/crypto.ts'
import { portableCrypto } from './portable.ts'
import { keystreams, wasmFrames } from './session-ciphers.browser.ts'
import { wasmCurve } from './wasm-secp256k1/curve.ts'

/** What every module of WebAssembly begins with, and the whole of an empty one. */
const EMPTY_MODULE = /* @__PURE__ */ Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

/**
 * A provider for `createNode({ crypto })`: secp256k1 by libsecp256k1 and keccak-256 as WebAssembly, keystreams by
 * WebCrypto, the rest as `portableCrypto`. Secrets are used in constant time as far as compilers and engines leave it
 * so, but for AES, whose tables are JavaScript's wherever WebCrypto has not answered yet. What a page may not have (its
 * policy forbids WebAssembly, or it came by plain http) is `portableCrypto`'s.
 */
export function accelerated(): Crypto {
  return { ...portableCrypto, ...keystreams, ...(mayCompile() ? { ...wasmCurve, ...wasmFrames } : {}) }
}

// A content security policy without 'wasm-unsafe-eval' is known by trying.
function mayCompile(): boolean {
  try {
    return new WebAssembly.Module(EMPTY_MODULE) instanceof WebAssembly.Module
  } catch {
    return false
  }
}
