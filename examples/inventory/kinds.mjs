// What is passed on: blocks, as @peerwire/eth has them, and lines of people. Node and page share this file.
import { bytes, defaultCrypto, struct, text } from '@peerwire/core'
import { kind } from '@peerwire/core/inventory'
import { blockKind } from '@peerwire/eth'

/** A salt, so that the same words said twice are two lines. */
export const line = struct({ salt: bytes, words: text })

/** Each node has kinds of its own, because a kind of blocks remembers where its chain begins. */
export function createKinds() {
  const lines = kind({
    name: 'line',
    number: 16,
    maxBytes: 512,
    // Nobody hides who said what, so nobody has to wait.
    urgent: true,
    id: (item) => defaultCrypto.keccak256(item),
    read: (item) => line.decode(item),
    check: ({ words }) => (words.trim() === '' ? 'invalid' : 'accept'),
  })
  return { blocks: blockKind(), lines }
}
