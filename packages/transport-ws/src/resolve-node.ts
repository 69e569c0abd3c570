// Asks a listener by its plain URL whom to dial, in pages and in Node.
import { checkOptions, type Clock, parseAddress, readBoundedText, systemClock } from '@peerwire/core'

/** Where a listener tells who it is. */
export const WELL_KNOWN_PATH = '/.well-known/peerwire'

/** A relay's document has about 1 KiB and 200 bytes for each way through its bridge. */
const MAX_BYTES = 65_536
const MAX_ADDRESSES = 64
const MAX_BRIDGE = 256
const DEFAULT_TIMEOUT_MS = 10_000

/** One way through a relay's bridge. */
export interface ResolvedBridge {
  readonly alias: string
  /** What to dial; absent where the relay doesn't know the target's key. */
  readonly address?: string
  /** The WebSocket, without a key. */
  readonly endpoint?: string
}

/** What a listener tells of itself. Nothing of it is proven: a dial proves the key of an address. */
export interface ResolvedNode {
  readonly name: string
  readonly version: string
  /** In the written form, at least one; the first is the listener that was asked, unless it says otherwise. */
  readonly addresses: readonly string[]
  readonly bridge: readonly ResolvedBridge[]
}

export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined
  /** Default 10 s. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

const KINDS = { signal: 'thing', timeoutMs: 'limit', clock: 'thing' } as const

/**
 * Reads the addresses of the node whose WebSocket listener is at `https://example.org` (or `http`, `wss`, `ws`; the
 * path does not matter). Scheme, host and port are those of the URL that answered, whatever proxy stands before it.
 *
 * @throws {TypeError} when the URL is none
 * @throws {Error} one sentence: not reachable, too slow, or not a listener's answer; or the signal's reason
 */
export async function resolveNode(url: string | URL, options: ResolveOptions = {}): Promise<ResolvedNode> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, clock = systemClock } = checkOptions('resolveNode', options, KINDS)
  signal?.throwIfAborted()
  const target = documentUrl(url)
  // Not `AbortSignal.any` of a `timeout`: Node 20 may collect them before their time.
  const controller = new AbortController()
  const timer = clock.setTimer(timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const onAbort = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const response = await ask(target, controller.signal)
    // A redirect may have led elsewhere, as from http to https; a WebSocket follows none.
    return readDocument(await readBoundedText(response, MAX_BYTES, controller.signal), new URL(response.url))
  } catch (cause) {
    signal?.throwIfAborted()
    const why: unknown = controller.signal.aborted ? controller.signal.reason : cause
    throw new Error(`cannot resolve ${target.origin}: ${textOf(why)}`, { cause })
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

function documentUrl(url: string | URL): URL {
  const text = String(url).replace(/^ws(s?):/i, 'http$1:')
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new TypeError(`not the URL of a listener: ${url}`)
  return new URL(WELL_KNOWN_PATH, parsed.origin)
}

async function ask(target: URL, signal: AbortSignal): Promise<Response> {
  const headers = { accept: 'application/json' }
  const response = await fetch(target, { signal, cache: 'no-store', credentials: 'omit', headers })
  if (response.ok) return response
  void response.body?.cancel().catch(() => undefined)
  throw new Error(`HTTP ${response.status} where a listener tells its addresses`)
}

function readDocument(text: string, asked: URL): ResolvedNode {
  const { name, version, addresses, bridge, publicKey, path } = objectOf(parseJson(text))
  const listed = listOf(addresses, MAX_ADDRESSES).filter(isAddress)
  // What is to be reached at the URL that was asked, the listener itself can't know: a proxy may stand before it.
  const isAsked = typeof path === 'string' && typeof publicKey === 'string'
  const reached = (written: string): string => (isAsked ? moveTo(asked, written) : written)
  const own = isAsked ? [reached(`ws://${publicKey}@_${path}`)].filter(isAddress) : []
  const others = listed.filter((address) => reached(address) !== own[0])
  if (own.length + others.length === 0) throw new Error('the answer holds no address')
  return {
    name: typeof name === 'string' ? name : '',
    version: typeof version === 'string' ? version : '',
    addresses: [...own, ...others],
    bridge: listOf(bridge, MAX_BRIDGE).map((entry) => readBridge(entry, reached)),
  }
}

/** A WebSocket address or endpoint at another scheme, host and port: those of `asked`. */
function moveTo({ protocol, hostname, port }: URL, written: string): string {
  const [scheme, usual] = protocol === 'https:' ? ['wss', 443] : ['ws', 80]
  return written.replace(
    /^wss?:\/\/([^@/]+@)?[^/]+/i,
    (_, key = '') => `${scheme}://${key}${hostname}:${port || usual}`,
  )
}

function readBridge(entry: unknown, reached: (written: string) => string): ResolvedBridge {
  const { alias, address, endpoint } = objectOf(entry)
  if (typeof alias !== 'string') throw new Error('a way through the bridge has no alias')
  return {
    alias,
    ...(isAddress(address) ? { address: reached(address) } : {}),
    ...(typeof endpoint === 'string' ? { endpoint: reached(endpoint) } : {}),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('the answer is not JSON', { cause })
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('the answer is not what a listener tells of itself')
  return value as Readonly<Record<string, unknown>>
}

function listOf(value: unknown = [], most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('the answer is not what a listener tells of itself')
  if (value.length > most) throw new Error(`a list of ${value.length} where ${most} are allowed`)
  return value
}

// Forms that a later version may add are left out.
function isAddress(value: unknown): value is string {
  try {
    return typeof value === 'string' && parseAddress(value).publicKey.length > 0
  } catch {
    return false // not an address that we know
  }
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  // What fetch says is "fetch failed" in Node and "Failed to fetch" in browsers; only Node tells more.
  const { cause: below } = cause
  return below instanceof Error && below.message !== '' ? `${cause.message} (${below.message})` : cause.message
}
