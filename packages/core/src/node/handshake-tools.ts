// What a node that listens has for all its handshakes: keys made ahead, secrets kept, and turns.
import { createKeyPairPool } from '../rlpx/key-pair-pool.ts'
import type { ResponderOptions } from '../rlpx/handshake.ts'
import { keepStaticSecrets } from '../rlpx/static-secrets.ts'
import type { Settings } from './options.ts'
import { Turns } from './turns.ts'

/** Key pairs that the responder of a handshake uses. */
const PAIRS_PER_HANDSHAKE = 2

export interface HandshakeTools {
  /** What `createInitiator` and `createResponder` take. */
  readonly options: Pick<ResponderOptions, 'createKeyPair' | 'statics'>
  /** Of the inbound ones, whose work strangers ask for. */
  readonly turns: Turns
  close(): void
}

/** Keys are made ahead for as many handshakes as may be in progress. */
export function createHandshakeTools({ crypto, random, clock, privateKey, limits }: Settings): HandshakeTools {
  const pool = createKeyPairPool({ crypto, random, clock, limit: limits.pendingInbound * PAIRS_PER_HANDSHAKE })
  const statics = keepStaticSecrets(crypto, privateKey)
  const turns = new Turns(clock)
  return {
    options: { createKeyPair: pool.take, statics },
    turns,
    close: () => {
      turns.close()
      pool.close()
      statics.forget()
    },
  }
}
