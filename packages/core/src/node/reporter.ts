// Turns events into log lines and counters; the only place where a removal becomes text.
import type { Emitter } from '../base/emitter.ts'
import type { LogLevel, Logger } from '../base/log.ts'
import { causeText } from '../errors/peer-error.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { formatAddress } from '../wire/address.ts'
import type { NodeEvents, Removal } from './events.ts'

export type Phase = 'dial' | 'setup' | 'peer'

/** One count of failures with the same origin. */
export interface FailureCount {
  readonly code: string
  readonly reason: string
  readonly phase: Phase
  readonly direction: 'inbound' | 'outbound'
  readonly count: number
}

/** Different kinds of failure that are counted; a remote chooses its reason, so they have a bound. */
const MAX_KINDS = 1024

/** What a line is about. */
export type Happening = 'added' | 'removed' | 'setup failed' | 'dial failed'

/**
 * The level of a line: by default one reads who came and who was lost once they had finished their handshakes, and what
 * goes wrong with peers that were asked for; anything else is for those who look closer.
 */
export function levelOf(happening: Happening, persistent: boolean, handshaken: boolean): LogLevel {
  if (happening === 'added') return 'info'
  if (happening === 'removed') return handshaken ? 'info' : persistent ? 'warn' : 'debug'
  return persistent ? 'warn' : 'debug'
}

export class Reporter {
  readonly #logger: Logger
  readonly #peerCount: () => number
  readonly #counts = new Map<string, FailureCount>()

  constructor(logger: Logger, peerCount: () => number) {
    this.#logger = logger
    this.#peerCount = peerCount
  }

  get counters(): readonly FailureCount[] {
    return [...this.#counts.values()]
  }

  follow(events: Emitter<NodeEvents>): void {
    events.on('peer:added', (peer) => {
      this.#logger.log(levelOf('added', peer.persistent, true), 'New peer', {
        peer: String(peer),
        name: peer.name,
        peercount: this.#peerCount(),
      })
    })
    events.on('peer:removed', (removal) => this.#removed(removal))
    events.on('setup:failed', ({ error, direction, remoteAddress }) => {
      this.#count(error, 'setup', direction)
      this.#logger.log(levelOf('setup failed', false, false), 'Connection set-up failed', {
        remote: remoteAddress,
        direction,
        err: String(error),
      })
    })
    events.on('dial:failed', ({ address, error, persistent }) => {
      this.#count(error, 'dial', 'outbound')
      this.#logger.log(levelOf('dial failed', persistent, false), 'Dial failed', {
        url: formatAddress(address),
        err: String(error),
      })
    })
  }

  /** Something failed that ends no peer. */
  note(message: string, error: unknown): void {
    this.#logger.log('error', message, { err: causeText(error) })
  }

  #removed({ peer, error, durationMs }: Removal): void {
    this.#count(error, 'peer', peer.direction)
    const duration = formatDuration(durationMs)
    this.#logger.log(levelOf('removed', peer.persistent, true), 'Lost peer', {
      peer: String(peer),
      duration,
      err: String(error),
    })
    if (!this.#logger.enabled('trace')) return
    const { url } = peer
    this.#logger.log('trace', 'Removing p2p peer', { peercount: this.#peerCount(), url, duration, err: String(error) })
  }

  #count(error: PeerError, phase: Phase, direction: 'inbound' | 'outbound'): void {
    const key = `${error.code}/${error.reason}/${phase}/${direction}`
    const before = this.#counts.get(key)
    if (!before && this.#counts.size >= MAX_KINDS) return
    const { code } = error
    this.#counts.set(key, { code, reason: String(error.reason), phase, direction, count: (before?.count ?? 0) + 1 })
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
