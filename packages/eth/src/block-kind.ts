// Block headers as items of the inventory: their id is the block's hash, and each waits for its parent.
import { checkOptions, defaultCrypto } from '@peerwire/core'
import { kind } from '@peerwire/core/inventory'
import type { Crypto } from '@peerwire/core'
import type { CheckContext, ItemVerdict, Kind } from '@peerwire/core/inventory'
import { readHeader } from './header.ts'
import type { Header } from './header.ts'

/** The kind under which the inventory knows headers. */
export const BLOCK_KIND = 2
/** How far ahead a header may be for its parents to be asked for: as many as a follower fetches of a chain it meets. */
const REACH = 64n
/** Headers that a newcomer is told of: as many as a follower fetches of a chain it meets. */
const HISTORY = 64
/** Bytes of a header: 600 today, more where signers are listed in it. */
const MAX_HEADER_BYTES = 8192

/** Asks whoever knows the chain about a header that another peer sent. */
export type ConfirmBlock = (header: Header) => ItemVerdict | Promise<ItemVerdict>

export interface BlockKind extends Kind<Header> {
  /** Has the last word on a header whose hash and place in the chain are right. */
  confirmWith(confirm: ConfirmBlock): void
  /** The chain has this header, whoever sends it. */
  extendTo(header: Header): void
}

export interface BlockKindOptions {
  /** Default `defaultCrypto`. */
  readonly crypto?: Crypto | undefined
}

/**
 * Headers of a chain, for `inventory({ kinds })`, of one node. The chain begins with the first header that comes, and
 * begins again with one that is so far ahead that nobody has what lies between. A header proves no more than what comes
 * before it, so begin with a peer that you trust.
 */
export function blockKind(options: BlockKindOptions = {}): BlockKind {
  const { crypto = defaultCrypto } = checkOptions('blockKind', options, { crypto: 'thing' })
  let confirm: ConfirmBlock = () => 'accept'
  let first: bigint | undefined
  // The latest one and not the highest: a made-up number must not stand for good.
  let latest = 0n
  const extendTo = ({ number }: Header): void => {
    first ??= number
    latest = number
  }
  const headers = kind<Header>({
    name: 'block',
    number: BLOCK_KIND,
    maxBytes: MAX_HEADER_BYTES,
    urgent: true,
    history: HISTORY,
    id: (bytes) => crypto.keccak256(bytes),
    read: (bytes) => readHeader(bytes, crypto),
    parent: ({ number, parentHash }) =>
      first === undefined || number <= first || number > latest + REACH ? undefined : parentHash,
    // What lies between is asked for; where nobody has it, the chain begins again.
    first: ({ number }) => number > latest,
    check: async (header, { parent }) => {
      // Nobody can say what it hangs on, and nobody needs it.
      if (first !== undefined && header.number < first) return 'ignore'
      const verdict = placeVerdict(header, parent) ?? (await confirm(header))
      if (verdict === 'accept') extendTo(header)
      return verdict
    },
  })
  return { ...headers, extendTo, confirmWith: (given) => (confirm = given) }
}

function placeVerdict(header: Header, parent: CheckContext<Header>['parent']): ItemVerdict | undefined {
  if (!parent) return undefined
  return header.number === parent.number + 1n && header.timestamp > parent.timestamp ? undefined : 'invalid'
}
