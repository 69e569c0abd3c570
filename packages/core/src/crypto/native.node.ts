// The entry `@peerwire/core/native`: the curve by an addon that the user installs, the npm package `secp256k1`.
import { createRequire } from 'node:module'
import type { Crypto } from '../base/crypto.ts'
import { addonCurve, loadAddon } from './addon-curve.ts'
import { defaultCrypto } from './default.node.ts'

/**
 * `defaultCrypto` with the curve by the addon of the npm package `secp256k1`, which wraps libsecp256k1: whatever is
 * secret goes through that library's constant-time functions.
 *
 * @throws {Error} when the addon is not installed or doesn't load, saying what to do
 */
export function native(): Crypto {
  return { ...defaultCrypto, ...addonCurve(loadAddon(createRequire(import.meta.url))) }
}
