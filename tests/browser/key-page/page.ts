// A page that tells its key to the test.
import { toHex } from '@peerwire/core'
import { loadOrCreatePrivateKey } from '@peerwire/core/storage'

declare global {
  interface Window {
    /** The key of this page, as hex, and what the page was warned of. */
    keyOf(where: string, per?: 'tab' | 'profile'): Promise<{ readonly key: string; readonly warned: string[] }>
  }
}

window.keyOf = async (where, per) => {
  const warned: string[] = []
  const key = await loadOrCreatePrivateKey(where, { per, warn: (sentence) => warned.push(sentence) })
  return { key: toHex(key), warned }
}
