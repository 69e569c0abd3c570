// Where a record says that its node takes WebSockets: the keys `wss` and `ws`, which are peerwire's own.
import { formatEndpoint, parseEndpoint, textOf, isPeerError } from '@peerwire/core'
import type { Endpoint } from '@peerwire/core'
import { readValue } from './record.ts'
import type { NodeRecord } from './record.ts'

/** Characters of the value, so that a record keeps room for what else it says. */
const MAX_VALUE = 128

/**
 * The entry for `signRecord`: key and value for an endpoint, such as `wss` and `relay.example/`.
 *
 * @throws {TypeError} when it is no `ws` or `wss` endpoint; @throws {RangeError} past 128 characters
 */
export function webSocketEntry(endpoint: Endpoint): { readonly key: 'ws' | 'wss'; readonly value: string } {
  const { scheme } = endpoint
  if (scheme !== 'ws' && scheme !== 'wss') throw new TypeError(`not a WebSocket endpoint: ${formatEndpoint(endpoint)}`)
  const value = formatEndpoint(endpoint).slice(scheme.length + 3)
  if (value.length > MAX_VALUE) throw new RangeError(`an endpoint in a record has at most ${MAX_VALUE} characters`)
  return { key: scheme, value }
}

/** The secure endpoint, then the plain one, of those that the record names and that can be read. */
export function recordWebSockets(record: NodeRecord): readonly Endpoint[] {
  return (['wss', 'ws'] as const).flatMap((scheme) => {
    const value = record.pairs.get(scheme)
    try {
      return value ? [parseEndpoint(`${scheme}://${textOf(readValue(value), MAX_VALUE)}`)] : []
    } catch (error) {
      if (isPeerError(error) || error instanceof TypeError) return []
      throw error
    }
  })
}
