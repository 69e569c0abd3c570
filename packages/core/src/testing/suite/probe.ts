// Holds one end of a link, and notes every promise of the contract that it sees broken.
import type { Clock } from '../../base/clock.ts'
import type { PeerError } from '../../errors/peer-error.ts'
import type { Link, LinkSink } from '../../wire/link.ts'
import { inTime } from './env.ts'
import { firstWrong, patternBytes } from './pattern.ts'

/** Broken promises that are kept; the first one is what matters. */
const MAX_VIOLATIONS = 10

/** Chunks that are overwritten and looked at again at the end. */
const KEPT_CHUNKS = 8

export class Probe implements LinkSink {
  readonly link: Link
  readonly violations: string[] = []
  /** What to do with each chunk, after the probe has looked at it. */
  onBytes: ((chunk: Uint8Array) => void) | undefined
  onDrain: (() => void) | undefined
  onEnd: ((error: PeerError | undefined) => void) | undefined
  /** Whether the bytes must be the pattern from the stream's start on. */
  checksPattern = true
  /** Whether a chunk is overwritten after it was looked at, as its owner may; off where it is passed on. */
  scribbles = true
  received = 0
  sent = 0
  drains = 0
  ends = 0
  error: PeerError | undefined
  maxBufferedBytes = 0
  readonly #clock: Clock
  readonly #kept: { readonly chunk: Uint8Array; readonly filledWith: number }[] = []
  #scribbled = 0
  readonly #watchers = new Set<() => void>()
  #opened = false
  #inside = ''
  #telling = ''
  #paused = false
  #stopped = false
  #owedDrain = false

  constructor(link: Link, clock: Clock) {
    this.link = link
    this.#clock = clock
  }

  get opened(): boolean {
    return this.#opened
  }

  open(): this {
    this.#opened = true
    this.#call('open', () => this.link.open(this))
    return this
  }

  /** Writes the next `length` bytes of the pattern. */
  writePattern(length: number): boolean {
    return this.write(patternBytes(this.sent, length))
  }

  write(chunk: Uint8Array): boolean {
    const { length } = chunk
    const wasOver = this.#stopped || this.ends > 0
    const goesOn = this.#call('write', () => this.link.write(chunk))
    if (wasOver && goesOn) this.#violate('write answered true after the end')
    if (!wasOver) this.sent += length
    if (!goesOn && !wasOver) this.#owedDrain = true
    this.maxBufferedBytes = Math.max(this.maxBufferedBytes, this.link.bufferedBytes)
    return goesOn
  }

  pause(): void {
    this.#paused = true
    this.#call('pause', () => this.link.pause())
  }

  resume(): void {
    this.#paused = false
    this.#call('resume', () => this.link.resume())
  }

  close(): void {
    this.#stopped = true
    this.#call('close', () => this.link.close())
  }

  abort(error?: PeerError): void {
    this.#stopped = true
    this.#call('abort', () => this.link.abort(error))
  }

  refuse(code: number, text: string, error?: PeerError): void {
    this.#stopped = true
    this.#call('refuse', () => this.link.refuse(code, text, error))
  }

  bytes(chunk: Uint8Array): void {
    this.#told('bytes', () => {
      if (this.#paused) this.#violate('bytes came while paused')
      if (chunk.length === 0) this.#violate('an empty chunk came')
      // A subclass such as Node's Buffer has a `slice` that shares memory.
      if (Object.getPrototypeOf(chunk) !== Uint8Array.prototype) this.#violate('a chunk was not a plain Uint8Array')
      const wrong = this.checksPattern ? firstWrong(chunk, this.received) : -1
      if (wrong >= 0) this.#violate(`byte ${wrong} of the stream was wrong`)
      this.received += chunk.length
      this.onBytes?.(chunk)
      if (this.scribbles) this.#scribble(chunk)
    })
  }

  /** As if `chunk` had come: for bytes that came in one chunk with something else. */
  take(chunk: Uint8Array): void {
    const wrong = this.checksPattern ? firstWrong(chunk, this.received) : -1
    if (wrong >= 0) this.#violate(`byte ${wrong} of the stream was wrong`)
    this.received += chunk.length
    this.onBytes?.(chunk)
  }

  drain(): void {
    this.#told('drain', () => {
      if (!this.#owedDrain) this.#violate('a drain came that no write was owed')
      this.#owedDrain = false
      this.drains++
      this.onDrain?.()
    })
  }

  end(error?: PeerError): void {
    this.#told('end', () => {
      this.ends++
      this.error = error
      this.onEnd?.(error)
    })
  }

  /** Waits until `holds` is true; looked at after each call of the link. */
  async until(holds: () => boolean, what: string, ms?: number): Promise<void> {
    if (holds()) return
    let watch!: () => void
    const held = new Promise<void>((resolve) => {
      watch = () => {
        if (holds()) resolve()
      }
    })
    this.#watchers.add(watch)
    const describe = (): string => `${what} (received ${this.received}, sent ${this.sent}, ends ${this.ends})`
    await inTime(this.#clock, held, describe, ms).finally(() => this.#watchers.delete(watch))
  }

  async ended(): Promise<void> {
    await this.until(() => this.ends > 0, `the end of the ${this.link.direction} link`)
  }

  /** What was not kept so far, chunks that were written to after they had been given included. */
  broken(): readonly string[] {
    if (this.#kept.some(({ chunk, filledWith }) => chunk.some((byte) => byte !== filledWith))) {
      this.#violate('a chunk was written to after it had been given')
    }
    return this.violations
  }

  // The chunk is ours now: what is written into it must stay, unlike what is written into the next.
  #scribble(chunk: Uint8Array): void {
    this.#scribbled = (this.#scribbled + 1) & 0xff
    chunk.fill(this.#scribbled)
    if (this.#kept.length < KEPT_CHUNKS) this.#kept.push({ chunk, filledWith: this.#scribbled })
  }

  #call<T>(name: string, call: () => T): T {
    const outer = this.#inside
    this.#inside = name
    try {
      return call()
    } finally {
      this.#inside = outer
    }
  }

  #told(name: string, tell: () => void): void {
    if (this.#inside !== '') this.#violate(`${name} came from inside ${this.#inside}`)
    if (this.#telling !== '') this.#violate(`${name} came from inside ${this.#telling}`)
    if (this.ends > 0) this.#violate(`${name} came after the end`)
    if (this.#stopped && name !== 'end') this.#violate(`${name} came after we ended the link`)
    this.#telling = name
    try {
      tell()
    } finally {
      this.#telling = ''
    }
    for (const watch of this.#watchers) watch()
  }

  #violate(what: string): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(what)
  }
}
