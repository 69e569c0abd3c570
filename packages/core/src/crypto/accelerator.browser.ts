// The entry `@peerwire/core/accelerator` in a page: loaded by whoever wants more speed than the first load has.
import type { Crypto } from '../base/crypto.ts'
import { portableCrypto } from './portable.ts'
import { sessionCiphers } from './session-ciphers.browser.ts'

/**
 * `portableCrypto` with keccak-256 by WebAssembly and keystreams by WebCrypto; for `createNode({ crypto })`. Where a
 * page's policy forbids WebAssembly its first use throws `WebAssembly.CompileError`.
 */
export const acceleratedCrypto: Crypto = { ...portableCrypto, ...sessionCiphers }
