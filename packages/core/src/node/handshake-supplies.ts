// What a node that listens has ready for its handshakes: chance, keys made ahead, and secrets kept.
import { drawAhead } from '../base/draw-ahead.ts'
import type { Handshake, ResponderOptions } from '../rlpx/handshake.ts'
import { createKeyPairPool } from '../rlpx/key-pair-pool.ts'
import { createResponder } from '../rlpx/responder.ts'
import { keepStaticSecrets } from '../rlpx/static-secrets.ts'
import type { KeyPair } from '../rlpx/keys.ts'
import type { Settings } from './options.ts'

/** Key pairs that one side of a handshake uses. */
const PAIRS_PER_HANDSHAKE = 2

export interface HandshakeSupplies extends Pick<ResponderOptions, 'random' | 'createKeyPair' | 'statics'> {
  createResponder(options: ResponderOptions): Handshake
  close(): void
}

/** Keys are made ahead, by `create`, for as many handshakes as one network may have in progress. */
export function createSupplies(settings: Settings, create: () => KeyPair): HandshakeSupplies {
  const { crypto, random, clock, privateKey, limits } = settings
  const pool = createKeyPairPool({ create, clock, limit: Math.ceil(limits.pendingInbound / 2) * PAIRS_PER_HANDSHAKE })
  const statics = keepStaticSecrets(crypto, privateKey)
  return {
    random: drawAhead(random),
    createKeyPair: pool.take,
    statics,
    createResponder,
    close: () => {
      pool.close()
      statics.forget()
    },
  }
}
