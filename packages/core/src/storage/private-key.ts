// What keeping a private key means on every platform: the options, and the one written form.
import { checkOptions } from '../base/check-options.ts'
import { fromHex } from '../base/bytes.ts'
import { isPrivateKey } from '../crypto/private-key.ts'

export interface PrivateKeyOptions {
  /**
   * Whose key it is in a browser: one for each tab (the default), or one for all tabs of the page's origin in this
   * profile. In Node a file is one key, whatever stands here.
   */
  readonly per?: 'tab' | 'profile' | undefined
  /**
   * Told in one sentence that others can read the key's file, or that the browser keeps nothing for this page; default:
   * a warning of the process in Node, nothing in a browser.
   */
  readonly warn?: ((sentence: string) => void) | undefined
}

/** What is kept is no key; it is never replaced. */
export class SpoiledKey extends Error {}

/** @throws {TypeError} naming what can't be used */
export function checkKeyOptions(where: string, options: PrivateKeyOptions): void {
  const { per } = checkOptions('loadOrCreatePrivateKey', options, { per: 'text', warn: 'call' })
  if (typeof where !== 'string' || where === '') throw new TypeError('loadOrCreatePrivateKey needs a name for the key')
  if (per === undefined || per === 'tab' || per === 'profile') return
  throw new TypeError(`loadOrCreatePrivateKey: per must be 'tab' or 'profile', not ${String(per)}`)
}

/** The key of 64 hex digits; `undefined` when they are none. */
export function parseKey(text: string): Uint8Array | undefined {
  const digits = text.trim()
  if (!/^[0-9a-f]{64}$/i.test(digits)) return undefined
  const key = fromHex(digits)
  return isPrivateKey(key) ? key : undefined
}
