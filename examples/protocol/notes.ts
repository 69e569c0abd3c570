// Items of a kind of one's own: every node checks them, keeps them for whoever asks, and passes them on.
import { defaultCrypto, text } from '@peerwire/core'
import { kind, type Kind } from '@peerwire/core/inventory'

export const notes: Kind<string> = kind({
  name: 'note',
  number: 16,
  maxBytes: 1024,
  id: (item) => defaultCrypto.keccak256(item),
  read: (item) => text.decode(item),
  check: (words) => (words.trim() === '' ? 'invalid' : 'accept'),
})
