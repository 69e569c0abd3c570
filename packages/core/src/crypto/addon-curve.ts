// The curve by the npm package `secp256k1`: its addon in our form.
import { concatBytes } from '../base/bytes.ts'
import { type Curve, mayRecover, notPublicKey, requireHash, requirePrivateKey } from './curve.ts'

/** The part of the package's interface that is used; public keys are 65 bytes. Failures are thrown. */
interface Addon {
  publicKeyVerify(publicKey: Uint8Array): boolean
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean, output: Uint8Array): Uint8Array
  ecdh(publicKey: Uint8Array, privateKey: Uint8Array, options: EcdhOptions, output: Uint8Array): Uint8Array
  ecdsaSign(hash: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number }
  ecdsaRecover(signature: Uint8Array, v: number, hash: Uint8Array, compressed: boolean, output: Uint8Array): Uint8Array
}

interface EcdhOptions {
  /** What becomes of the shared point. */
  readonly hashfn: (x: Uint8Array, y: Uint8Array) => Uint8Array
  readonly xbuf: Uint8Array
  readonly ybuf: Uint8Array
}

/** SEC 1's mark of an uncompressed point. */
const MARK: readonly number[] = [4]

/**
 * @param load - brings the package's module by its name, or throws
 * @throws {Error} saying what to install
 */
export function loadAddon(load: (name: string) => unknown): Addon {
  try {
    // Not the package's own entry: without its addon that is JavaScript whose time depends on the secret.
    return load('secp256k1/bindings') as Addon
  } catch (cause) {
    const text = 'native() needs the addon of the package secp256k1 (npm install secp256k1), built for this platform'
    throw new Error(text, { cause })
  }
}

/** The curve by that package. */
export function addonCurve(addon: Addon): Curve {
  const isPublicKey = (key: Uint8Array): boolean => key.length === 64 && addon.publicKeyVerify(concatBytes(MARK, key))
  return {
    isPublicKey,
    publicKeyOf: (privateKey) => {
      requirePrivateKey(privateKey)
      return addon.publicKeyCreate(privateKey, false, new Uint8Array(65)).slice(1)
    },
    sharedSecret: (privateKey, publicKey) => {
      requirePrivateKey(privateKey)
      if (!isPublicKey(publicKey)) throw notPublicKey()
      const [xbuf, ybuf] = [new Uint8Array(32), new Uint8Array(32)]
      const secret = new Uint8Array(32)
      addon.ecdh(concatBytes(MARK, publicKey), privateKey, { hashfn: (x) => x, xbuf, ybuf }, secret)
      xbuf.fill(0)
      ybuf.fill(0)
      return secret
    },
    sign: (hash, privateKey) => {
      requirePrivateKey(privateKey)
      requireHash(hash)
      const { signature, recid } = addon.ecdsaSign(hash, privateKey)
      return concatBytes(signature, [recid])
    },
    recover: (hash, signature) => {
      if (!mayRecover(hash, signature)) return undefined
      try {
        const whole = addon.ecdsaRecover(signature.subarray(0, 64), signature[64]!, hash, false, new Uint8Array(65))
        return whole.slice(1)
      } catch {
        return undefined // the addon throws for numbers out of range and for points that are not on the curve
      }
    },
  }
}
