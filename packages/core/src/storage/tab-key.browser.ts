// One key for each tab, in sessionStorage: a reload gives it again, and a copy of the tab takes one of its own.
import { toHex } from '../base/bytes.ts'
import { systemRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { parseKey, SpoiledKey } from './private-key.ts'
import { TabClaim } from './tab-claim.browser.ts'

/**
 * The key of this tab. Beside it lies a token, and whoever lives with the key holds the claim of that token: a
 * duplicated tab comes with both, finds the claim held, and makes others.
 *
 * @throws {SpoiledKey} when what is kept is no key
 * @throws {unknown} the browser's own error when it keeps nothing
 */
export async function tabKey(name: string): Promise<Uint8Array> {
  const stored = sessionStorage.getItem(name)
  if (stored !== null) {
    const [digits = '', token = ''] = stored.split(' ')
    const key = parseKey(digits)
    if (!key || token === '') {
      throw new SpoiledKey(`sessionStorage holds no private key as "${name}"; remove it to get a new one`)
    }
    if (await new TabClaim(`${name} ${token}`).take()) return key
  }
  const key = generatePrivateKey()
  const token = toHex(systemRandom.bytes(16))
  sessionStorage.setItem(name, `${toHex(key)} ${token}`)
  await new TabClaim(`${name} ${token}`).take()
  return key
}
