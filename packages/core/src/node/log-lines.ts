// The lines of what happens, in the words that operators look for; the only place where a removal becomes text.
// Loaded where there is a logger. What the rest of the node uses too is passed in, so that bundlers don't move it here.
import type { LogLevel, Logger } from '../base/log.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Address } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'
import type { DialFailure, Removal, SetUpFailure } from './events.ts'

export { guardFloods } from '../base/flood-guard.ts'

export interface LogLines {
  added(peer: Peer): void
  removed(removal: Removal): void
  setUpFailed(failure: SetUpFailure): void
  dialFailed(failure: DialFailure): void
}

/** What a line is about. */
export type Happening = 'added' | 'removed' | 'setup failed' | 'dial failed'

/**
 * The level of a line: by default one reads who came and who was lost once they had finished their handshakes, and what
 * goes wrong with peers that were asked for; anything else is for those who look closer.
 */
export function levelOf(happening: Happening, persistent: boolean, handshaken: boolean): LogLevel {
  if (happening === 'added') return 'info'
  if (happening === 'removed' && handshaken) return 'info'
  return persistent ? 'warn' : 'debug'
}

/**
 * @param peerCount - how many are connected now
 * @param urlOf - an address in its written form
 */
export function createLogLines(logger: Logger, peerCount: () => number, urlOf: (address: Address) => string): LogLines {
  let said: PeerError | undefined
  return {
    added: (peer) => {
      const fields = { peer: String(peer), name: peer.name, peercount: peerCount() }
      logger.log(levelOf('added', peer.persistent, true), 'New peer', fields)
    },
    removed: ({ peer, error, durationMs }) => {
      const duration = formatDuration(durationMs)
      const err = String(error)
      logger.log(levelOf('removed', peer.persistent, true), 'Lost peer', { peer: String(peer), duration, err })
      if (!logger.enabled('trace')) return
      logger.log('trace', 'Removing p2p peer', { peercount: peerCount(), url: peer.url, duration, err })
    },
    setUpFailed: ({ error, peer, publicKey, persistent }) => {
      said = error
      const fields = { peer, err: String(error) }
      // Whoever had proven its key was there, unless we are the ones who refused it.
      if (publicKey && error.origin !== 'local') {
        logger.log(levelOf('removed', persistent, false), 'Lost peer before its handshake', fields)
      } else logger.log(levelOf('setup failed', persistent, false), 'Connection set-up failed', fields)
    },
    dialFailed: ({ address, error, persistent }) => {
      // A failed set-up fails its dial, too: one line is enough for those who don't look closer.
      const level = error === said ? 'debug' : levelOf('dial failed', persistent, false)
      logger.log(level, 'Dial failed', { url: urlOf(address), err: String(error) })
    },
  }
}

/** A duration as Go prints it: `6.901ms`, `1m2.5s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${trim(ms, 3)}ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${trim(seconds, 3)}s`
  const minutes = Math.floor(seconds / 60)
  const rest = `${trim(seconds - minutes * 60, 3)}s`
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}
