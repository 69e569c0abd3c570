// Block headers as items of the inventory: their id is the block's hash, and each waits for its parent.
import { defaultCrypto } from '@peerwire/core'
import { kind } from '@peerwire/core/inventory'
import type { Crypto } from '@peerwire/core'
import type { CheckContext, ItemVerdict, Kind } from '@peerwire/core/inventory'
import { readHeader } from './header.ts'
import type { Header } from './header.ts'

/** The kind under which the inventory knows headers. */
export const BLOCK_KIND = 2
/** Bytes of a header: 600 today, more where signers are listed in it. */
const MAX_HEADER_BYTES = 8192

/** Asks whoever knows the chain about a header that another peer sent. */
export type ConfirmBlock = (header: Header) => ItemVerdict | Promise<ItemVerdict>

export interface BlockKind extends Kind<Header> {
  /** Has the last word on a header whose hash and place in the chain are right. */
  confirmWith(confirm: ConfirmBlock): void
}

export interface BlockKindOptions {
  /** Default `defaultCrypto`. */
  readonly crypto?: Crypto | undefined
}

/**
 * Headers of a chain, for `inventory({ kinds })`, of one node. The first header that comes begins the chain: a header
 * proves no more than what comes before it, so begin with a peer that you trust.
 */
export function blockKind({ crypto = defaultCrypto }: BlockKindOptions = {}): BlockKind {
  let confirm: ConfirmBlock = () => 'accept'
  let firstNumber: bigint | undefined
  const headers = kind<Header>({
    name: 'block',
    number: BLOCK_KIND,
    maxBytes: MAX_HEADER_BYTES,
    urgent: true,
    id: (bytes) => crypto.keccak256(bytes),
    read: (bytes) => readHeader(bytes, crypto),
    parent: ({ number, parentHash }) => {
      firstNumber ??= number
      return number <= firstNumber ? undefined : parentHash
    },
    check: (header, { parent }) => {
      // Nobody can say what it hangs on, and nobody needs it.
      if (header.number < firstNumber!) return 'ignore'
      return placeVerdict(header, parent) ?? confirm(header)
    },
  })
  return { ...headers, confirmWith: (given) => (confirm = given) }
}

function placeVerdict(header: Header, parent: CheckContext<Header>['parent']): ItemVerdict | undefined {
  if (!parent) return undefined
  return header.number === parent.number + 1n && header.timestamp > parent.timestamp ? undefined : 'invalid'
}
