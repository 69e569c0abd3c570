// Asks a relay over HTTP what to dial. Whatever it answers is a stranger's word.
import { parseAddress, readBoundedText } from '@peerwire/core'

/** A relay on this machine or near answers in milliseconds; past this it is as good as down. */
const ANSWER_MS = 5_000
/** Far more than a relay has to say. */
const MAX_BYTES = 65_536
/** Ways through the bridge that are offered; more are left out. */
const MAX_TARGETS = 100
/** Characters of what the relay says of itself. */
const MAX_NOTICE = 300

export interface BridgeTarget {
  readonly alias: string
  /** What to dial; absent when the relay doesn't know the key of the node. */
  readonly address: string | undefined
}

export interface RelayInfo {
  readonly name: string
  /** The first address that a tab can dial. */
  readonly address: string
  readonly bridge: readonly BridgeTarget[]
  /** Why the relay is of no use to a tab, in its own words; absent where it is. */
  readonly notice?: string
}

/** Where `base` (the page's own folder, or the URL of a relay) tells its addresses. */
export function infoUrl(base: string): string {
  return new URL('.well-known/peerwire', base).href
}

/** @throws {Error} one sentence that says what is wrong */
export async function fetchRelayInfo(base: string, signal: AbortSignal): Promise<RelayInfo> {
  const url = infoUrl(base)
  const { origin, protocol } = new URL(url)
  const text = await fetchText(url, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]), origin)
  const info = readRelayInfo(text, protocol === 'https:')
  if (!info) throw new Error(`${origin} answers, but not as a relay with an address for tabs.`)
  return info
}

async function fetchText(url: string, signal: AbortSignal, origin: string): Promise<string> {
  let response: Response
  try {
    response = await fetch(url, { signal, cache: 'no-store' })
  } catch (cause) {
    // A page is not told why.
    throw new Error(`The relay at ${origin} can’t be reached: it is down, or there is no way to it.`, { cause })
  }
  if (!response.ok) {
    void response.body?.cancel().catch(() => undefined)
    throw new Error(`${origin} answers with HTTP ${response.status}: there is no relay here.`)
  }
  try {
    return await readBoundedText(response, MAX_BYTES, signal)
  } catch (cause) {
    const why = cause instanceof RangeError ? 'it says far more than one' : 'it breaks off'
    throw new Error(`${origin} answers, but not as a relay: ${why}.`, { cause })
  }
}

/**
 * Reads the relay's answer; `undefined` when it isn't one.
 *
 * @param isSecure - the relay was asked over TLS: then `wss` comes first, for a secure page may dial nothing else
 */
export function readRelayInfo(text: string, isSecure: boolean): RelayInfo | undefined {
  const answer = fieldsOf(parseJson(text))
  const addresses = listOf(answer['addresses']).filter((entry) => typeof entry === 'string')
  const dialable = addresses.filter((entry) => isTabAddress(entry))
  const address = (isSecure ? dialable.find((entry) => entry.startsWith('wss:')) : undefined) ?? dialable[0]
  if (address === undefined) return undefined
  const bridge = listOf(answer['bridge']).slice(0, MAX_TARGETS).map(fieldsOf).flatMap(readTarget)
  const name = typeof answer['name'] === 'string' ? answer['name'].slice(0, 100) : 'relay'
  const { notice } = answer
  return { name, address, bridge, ...(typeof notice === 'string' ? { notice: notice.slice(0, MAX_NOTICE) } : {}) }
}

function readTarget(entry: Readonly<Record<string, unknown>>): BridgeTarget[] {
  const { alias, address } = entry
  if (typeof alias !== 'string') return []
  return [
    { alias: alias.slice(0, 100), address: typeof address === 'string' && isTabAddress(address) ? address : undefined },
  ]
}

function isTabAddress(text: string): boolean {
  try {
    return /^wss?$/.test(parseAddress(text).endpoint.scheme)
  } catch {
    return false
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}
