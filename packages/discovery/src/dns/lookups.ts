// Asks a resolver for the texts of a tree: few at a time, each for a bounded time, checked texts kept for a while.
import { abortable, delay, DiscReason, isPeerError, readLimits } from '@peerwire/core'
import type { Clock, Crypto } from '@peerwire/core'
import type { Resolver } from './resolver.ts'
import { badTree, MAX_TEXT, readEntry, readRoot } from './tree-text.ts'
import type { TreeEntry, TreeRoot, TreeUrl } from './tree-text.ts'
import { searchError } from '../search-error.ts'

export interface LookupLimits {
  /** Milliseconds for one answer. */
  readonly timeoutMs: number
  /** Questions a second, and how many at once after a pause; go-ethereum's figures. */
  readonly perSecond: number
  readonly burst: number
  /** Entries kept, most recently used. */
  readonly cached: number
}

export const DEFAULT_LOOKUP_LIMITS: LookupLimits = { timeoutMs: 5000, perSecond: 3, burst: 10, cached: 1000 }

/** @throws {TypeError} naming the limit that is none */
export function lookupLimits(who: string, given: Partial<LookupLimits> | undefined): LookupLimits {
  return readLimits(who, DEFAULT_LOOKUP_LIMITS, given, ['cached'])
}

export interface LookupOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  readonly crypto: Crypto
  readonly limits: LookupLimits
}

export class Lookups {
  readonly #options: LookupOptions
  readonly #cache = new Map<string, TreeEntry>()
  #tokens: number
  #filledAtMs: number
  #asked = 0

  constructor(options: LookupOptions) {
    this.#options = options
    this.#tokens = options.limits.burst
    this.#filledAtMs = options.clock.now()
  }

  /** Questions asked so far. */
  get asked(): number {
    return this.#asked
  }

  get cached(): number {
    return this.#cache.size
  }

  /** @throws {PeerError} `request timeout`, `failed to receive a message` or `invalid item` */
  async root({ domain, key }: TreeUrl, signal: AbortSignal): Promise<TreeRoot> {
    const text = await this.#textOf(domain, (candidate) => candidate.startsWith('enrtree-root:'), signal)
    return readRoot(text, key, this.#options.crypto)
  }

  /** @throws {PeerError} as `root` */
  async entry({ domain }: TreeUrl, label: string, signal: AbortSignal): Promise<TreeEntry> {
    const name = `${label}.${domain}`
    const known = this.#cache.get(name)
    if (known) {
      this.#keep(name, known)
      return known
    }
    const text = await this.#textOf(name, (candidate) => candidate.startsWith('enr'), signal)
    const entry = readEntry(text, label, this.#options.crypto)
    this.#keep(name, entry)
    return entry
  }

  async #textOf(name: string, isOurs: (text: string) => boolean, signal: AbortSignal): Promise<string> {
    await this.#turn(signal)
    this.#asked++
    const texts = (await this.#ask(name, signal)).filter(isOurs)
    // Other records may stand beside it, but two of a tree would let somebody choose.
    const [text] = texts
    if (text === undefined) throw badTree(`${name} has no text of a tree`)
    if (texts.length > 1) throw badTree(`${name} has ${texts.length} texts of a tree`)
    if (text.length > MAX_TEXT) throw badTree(`${name} has a text of ${text.length} characters, at most ${MAX_TEXT}`)
    return text
  }

  async #ask(name: string, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted()
    const { clock, limits, resolver } = this.#options
    const controller = new AbortController()
    const onAbort = (): void => controller.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = clock.setTimer(limits.timeoutMs, () => {
      const text = `no answer about ${name} within ${limits.timeoutMs} ms`
      controller.abort(searchError('request timeout', DiscReason.networkError, text))
    })
    try {
      return await abortable(resolver.texts(name, controller.signal), controller.signal)
    } catch (cause) {
      if (signal.aborted || isPeerError(cause)) throw cause
      const text = `${name} could not be looked up: ${cause instanceof Error ? cause.message : 'the resolver failed'}`
      throw searchError('failed to receive a message', DiscReason.networkError, text, cause)
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }

  // A bucket that fills with time; who finds it empty waits for the next drop.
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const nowMs = clock.now()
      this.#tokens = Math.min(limits.burst, this.#tokens + ((nowMs - this.#filledAtMs) * limits.perSecond) / 1000)
      this.#filledAtMs = nowMs
      if (this.#tokens >= 1) break
      // Whole milliseconds, so that rounding never makes it spin.
      await delay(clock, Math.ceil(((1 - this.#tokens) * 1000) / limits.perSecond), signal)
    }
    this.#tokens--
  }

  #keep(name: string, entry: TreeEntry): void {
    this.#cache.delete(name)
    this.#cache.set(name, entry)
    if (this.#cache.size > this.#options.limits.cached) this.#cache.delete(this.#cache.keys().next().value!)
  }
}
