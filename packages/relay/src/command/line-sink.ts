// Lines for a stream that may fail at any moment: what can't be written is dropped and counted, and nothing ends by it.
import type { Clock } from '@peerwire/core'

/** Bytes that may wait for the reader of one that runs on; whoever stopped reading doesn't fill our memory. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** Milliseconds until a stream that failed is tried again: a disk may have room by then. */
const RETRY_MS = 1_000
/** Whoever read from it is gone, and never comes back. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'EIO', 'EBADF', 'ERR_STREAM_DESTROYED'])

/** What a stream is to its sink. */
export interface LineTarget {
  /** Writes, and says how it went, at once or later; never throws. */
  write(text: string, done: (error?: unknown) => void): void
  /** Bytes that wait to be taken. */
  readonly waitingBytes: number
}

export interface LineSinkOptions {
  readonly target: LineTarget
  readonly clock: Pick<Clock, 'now'>
  /** Written first once there is room again: how many lines were left out. With its line feed. */
  readonly resumed: (count: number) => string
}

/** How a stream failed. */
export interface SinkFailure {
  /** In words, such as `the disk is full`. */
  readonly reason: string
  /** Whether its reader is gone for good. */
  readonly isGone: boolean
}

export class LineSink {
  readonly #options: LineSinkOptions
  /** Whether lines are dropped when their reader is too slow; by default they wait, as a result has to. */
  dropsWhenSlow = false
  /** Told of the first failure, and once more when the reader is gone for good. */
  onFailure: ((failure: SinkFailure) => void) | undefined
  #failure: SinkFailure | undefined
  #isFailing = false
  #retryAtMs = 0
  #dropped = 0
  #unsaid = 0

  constructor(options: LineSinkOptions) {
    this.#options = options
  }

  /** Lines that were left out so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** How the stream failed first, or for good; absent while it has not. */
  get failure(): SinkFailure | undefined {
    return this.#failure
  }

  /** Writes a line with its line feed, or drops and counts it. */
  write(line: string): void {
    const { target, clock, resumed } = this.#options
    if (this.dropsWhenSlow && target.waitingBytes > MAX_WAITING_BYTES) this.#fail('its reader is too slow', false)
    if (this.#isFailing && (this.#failure?.isGone || clock.now() < this.#retryAtMs)) return this.#drop()
    const said = this.#unsaid
    this.#unsaid = 0
    if (this.#isFailing) this.#retryAtMs = clock.now() + RETRY_MS
    target.write(`${said > 0 ? resumed(said) : ''}${line}`, (error) => {
      if (error === undefined || error === null) {
        this.#isFailing = false
        return
      }
      this.#unsaid += said
      this.#drop()
      const { code = '' } = error as NodeJS.ErrnoException
      this.#fail(reasonOf(error), GONE.has(code))
    })
  }

  #drop(): void {
    this.#dropped++
    this.#unsaid++
  }

  #fail(reason: string, isGone: boolean): void {
    this.#isFailing = true
    this.#retryAtMs = this.#options.clock.now() + RETRY_MS
    const isNews = this.#failure === undefined || (isGone && !this.#failure.isGone)
    if (!isNews) return
    this.#failure = { reason, isGone }
    this.onFailure?.(this.#failure)
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full'
  if (code === 'EFBIG') return 'the file may not grow any more'
  if (code === 'EPIPE' || code === 'ECONNRESET') return 'nobody reads it any more'
  return code ?? message
}
