// Counts failures by their origin, and hands what happens to those who write it down.
import type { Clock } from '../base/clock.ts'
import type { Emitter } from '../base/emitter.ts'
import type { Logger } from '../base/log.ts'
import { isKnownReason } from '../errors/disc-reason.ts'
import { thrownFields } from '../errors/peer-error.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { formatAddress } from '../wire/address.ts'
import type { NodeEvents } from './events.ts'
import type { LogLines } from './log-lines.ts'
import type { Settings } from './options.ts'

export type Phase = 'dial' | 'setup' | 'peer'

/** One count of failures with the same origin. */
export interface FailureCount {
  readonly code: string
  readonly reason: string
  readonly phase: Phase
  readonly direction: 'inbound' | 'outbound'
  readonly count: number
}

/** Different kinds of failure that are counted: more than our own codes and known reasons make. */
const MAX_KINDS = 1024

export class Reporter {
  #logger: Logger
  readonly #writesLines: boolean
  readonly #peerCount: () => number
  readonly #counts = new Map<string, FailureCount>()
  #lines: LogLines | undefined

  constructor({ logger, writesLines }: Pick<Settings, 'logger' | 'writesLines'>, peerCount: () => number) {
    this.#logger = logger
    this.#writesLines = writesLines
    this.#peerCount = peerCount
  }

  get counters(): readonly FailureCount[] {
    return [...this.#counts.values()]
  }

  /** Begins to write lines. Who gives no logger never fetches their texts. */
  async open(clock: Clock): Promise<void> {
    if (!this.#writesLines) return
    const { createLogLines, guardFloods } = await import('./log-lines.ts')
    this.#logger = guardFloods(this.#logger, clock)
    this.#lines = createLogLines(this.#logger, this.#peerCount, formatAddress)
  }

  /** Called before any listener of the user's is added, so that lines and counts come before what they do. */
  follow(events: Emitter<NodeEvents>): void {
    events.on('peer:added', (peer) => this.#lines?.added(peer))
    events.on('peer:removed', (removal) => {
      this.#count(removal.error, 'peer', removal.peer.direction)
      this.#lines?.removed(removal)
      this.#noteOwn(removal.error)
    })
    events.on('setup:failed', (failure) => {
      this.#count(failure.error, 'setup', failure.direction)
      this.#lines?.setUpFailed(failure)
      this.#noteOwn(failure.error)
    })
    events.on('dial:failed', (failure) => {
      this.#count(failure.error, 'dial', 'outbound')
      this.#lines?.dialFailed(failure)
    })
  }

  /** Something failed that ends no peer. */
  note(message: string, error: unknown): void {
    this.#logger.log('error', message, thrownFields(error))
  }

  // What the program's own code threw: an end among others for the peer, an error for whoever wrote it.
  #noteOwn(error: PeerError): void {
    if (error.origin === 'program') this.note('A handler failed', error.cause ?? error)
  }

  #count(error: PeerError, phase: Phase, direction: 'inbound' | 'outbound'): void {
    // A remote may make up a reason for each of its connections: those without a word are one kind.
    const reason = isKnownReason(error.reason) ? String(error.reason) : 'unknown'
    const key = `${error.code}/${reason}/${phase}/${direction}`
    const before = this.#counts.get(key)
    if (!before && this.#counts.size >= MAX_KINDS) return
    const { code } = error
    this.#counts.set(key, { code, reason, phase, direction, count: (before?.count ?? 0) + 1 })
  }
}
