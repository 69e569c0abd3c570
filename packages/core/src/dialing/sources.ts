// Draws candidates from several sources in turn; none can starve or busy the others.
import { causeText } from '../errors/peer-error.ts'
import type { Address } from '../wire/address.ts'
import type { DialRefusal } from './state.ts'

/** Draws in a row that a source may waste on nodes that can't be dialed before it has to rest. */
const MAX_WASTED = 64
/** First and longest rest; a source that only knows one address costs no more than 64 draws in 8 s. */
const REST_MS = 250
const REST_MAX_MS = 8_000

export interface SourceInfo {
  readonly name: string
  readonly state: 'idle' | 'reading' | 'ready' | 'resting'
  /** Candidates taken, and how many of them were not to be dialed. */
  readonly taken: number
  readonly wasted: number
}

interface Source {
  readonly name: string
  readonly iterator: AsyncIterator<Address>
  readonly options: SourceOptions
  ready: Address | undefined
  reading: boolean
  taken: number
  wasted: number
  wastedInRow: number
  restMs: number
  restsUntilMs: number
}

export interface SourceOptions {
  /** Whether its candidates may lead to this machine and its network. */
  readonly local?: boolean | undefined
  /** Told of each candidate of this source that isn't dialed, so that it offers it again when that may be of use. */
  refused?(address: Address, refusal: CandidateRefusal): void
}

/** Why a candidate isn't dialed. */
export interface CandidateRefusal {
  readonly reason: DialRefusal
  /**
   * When the reason is over, in milliseconds of the clock; `Infinity`: never. Absent: not by time alone, but by a peer
   * or a dial that ends.
   */
  readonly untilMs?: number | undefined
}

export interface SourceMixOptions {
  /** A value has come, or a source has ended (then with the error, where one ended it). */
  changed(ended?: { readonly name: string; readonly error?: string | undefined }): void
}

/** A value that was drawn; say what became of it. */
export interface Draw {
  readonly address: Address
  readonly local: boolean
  judge(useful: boolean, nowMs: number): void
  /** Tells the source that it isn't dialed, now or later. */
  refused(refusal: CandidateRefusal): void
}

/** The least recently served source that has something is next. Each holds at most one value in advance. */
export class SourceMix {
  readonly #options: SourceMixOptions
  /** In the order of service: the first was served longest ago. */
  #sources: Source[] = []

  constructor(options: SourceMixOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#sources.length
  }

  /** Adds a source; the answer removes it again and tells its iterator so. */
  add(name: string, candidates: AsyncIterable<Address>, options: SourceOptions = {}): () => void {
    const source: Source = {
      name,
      options,
      iterator: candidates[Symbol.asyncIterator](),
      ready: undefined,
      reading: false,
      taken: 0,
      wasted: 0,
      wastedInRow: 0,
      restMs: REST_MS,
      restsUntilMs: -Infinity,
    }
    this.#sources.push(source)
    return () => this.#end(source)
  }

  /** The next value that is there already. */
  take(): Draw | undefined {
    const source = this.#sources.find((other) => other.ready)
    if (!source) return undefined
    const address = source.ready!
    source.ready = undefined
    source.taken++
    this.#sources = [...this.#sources.filter((other) => other !== source), source]
    const { options } = source
    return {
      address,
      local: options.local ?? false,
      judge: (useful, nowMs) => this.#judge(source, useful, nowMs),
      refused: (refusal) => this.#tell(source, address, refusal),
    }
  }

  /** Asks every source for a value that has none, isn't asked yet and doesn't rest; `nowMs` is the turn's time. */
  read(nowMs: number): void {
    for (const source of [...this.#sources]) {
      if (source.ready || source.reading || source.restsUntilMs > nowMs) continue
      source.reading = true
      void this.#readOne(source)
    }
  }

  /** When a source that was resting at the latest `read` may be asked again; this may have passed by now. */
  get nextAtMs(): number | undefined {
    const idle = this.#sources.filter(({ ready, reading }) => !ready && !reading)
    const rests = idle.map(({ restsUntilMs }) => restsUntilMs).filter((untilMs) => untilMs > -Infinity)
    return rests.length > 0 ? Math.min(...rests) : undefined
  }

  /** Lets resting sources go on at once. */
  wake(): void {
    for (const source of this.#sources) source.restsUntilMs = -Infinity
  }

  inspect(nowMs: number): SourceInfo[] {
    return this.#sources.map(({ name, taken, wasted, ready, reading, restsUntilMs }) => {
      const state = ready ? 'ready' : reading ? 'reading' : restsUntilMs > nowMs ? 'resting' : 'idle'
      return { name, state, taken, wasted }
    })
  }

  close(): void {
    for (const source of [...this.#sources]) this.#end(source)
  }

  #judge(source: Source, useful: boolean, nowMs: number): void {
    source.wastedInRow = useful ? 0 : source.wastedInRow + 1
    if (useful) source.restMs = REST_MS
    else source.wasted++
    if (source.wastedInRow < MAX_WASTED) return
    source.wastedInRow = 0
    source.restsUntilMs = nowMs + source.restMs
    source.restMs = Math.min(2 * source.restMs, REST_MAX_MS)
  }

  #tell(source: Source, address: Address, refusal: CandidateRefusal): void {
    try {
      source.options.refused?.(address, refusal)
    } catch (error) {
      this.#end(source, causeText(error))
    }
  }

  async #readOne(source: Source): Promise<void> {
    try {
      const next: IteratorResult<Address, unknown> = await source.iterator.next()
      if (!this.#sources.includes(source)) return
      source.reading = false
      if (next.done) return this.#end(source)
      const { length } = next.value.publicKey
      if (length !== 64) throw new TypeError(`a candidate with a key of ${length} bytes`)
      source.ready = next.value
      this.#options.changed()
    } catch (error) {
      this.#end(source, causeText(error))
    }
  }

  #end(source: Source, error?: string): void {
    if (!this.#sources.includes(source)) return
    this.#sources = this.#sources.filter((other) => other !== source)
    void endIterator(source.iterator)
    this.#options.changed({ name: source.name, error })
  }
}

// What an iterator has to say about its end interests nobody any more.
async function endIterator(iterator: AsyncIterator<Address>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    return
  }
}
