// What is printed of records and nodes.
import { formatEndpoint, toHex } from '@peerwire/core'
import {
  formatNodeUrl,
  formatRecord,
  type KnownNode,
  type NodeRecord,
  recordEndpoint,
  recordEndpoint6,
  recordForkId,
  recordWebSockets,
} from '@peerwire/discovery'
import type { Output } from '../command/output.ts'

export type Fields = Readonly<Record<string, unknown>>

/** One event, or a line for each of its fields. */
export function printFields(output: Output, event: string, fields: Fields): void {
  output.event(event, fields)
  const width = Math.max(...Object.keys(fields).map((key) => key.length)) + 2
  for (const [key, value] of Object.entries(fields)) output.text(`${key.padEnd(width)}${String(value)}`)
}

/** A record, field by field; what is not known by name is there as RLP. */
export function recordFields(record: NodeRecord): Fields {
  const { seq, scheme, id, publicKey, pairs } = record
  const endpoint = recordEndpoint(record)
  const endpoint6 = recordEndpoint6(record)
  const forkId = recordForkId(record)
  const others = [...pairs].filter(([key]) => !KNOWN.includes(key))
  return {
    ...(id ? { id: toHex(id) } : { scheme }),
    ...(publicKey ? { enode: formatNodeUrl({ publicKey, ...(endpoint ?? { tcp: 0, udp: 0 }) }) } : {}),
    seq: String(seq),
    ...(endpoint && endpoint.host !== endpoint6?.host ? placeFields('', endpoint) : {}),
    ...(endpoint6 ? placeFields('6', endpoint6) : {}),
    ...(forkId ? { eth: `${toHex(forkId.hash)}/${forkId.next}` } : {}),
    ...Object.fromEntries(recordWebSockets(record).map((endpoint) => [endpoint.scheme, formatEndpoint(endpoint)])),
    ...Object.fromEntries(others.map(([key, value]) => [key, `0x${toHex(value)}`])),
    record: formatRecord(record),
  }
}

/** Where a node answered. */
export function nodeFields({ host, udp }: KnownNode): Fields {
  return { answered: `udp://${host.includes(':') ? `[${host}]` : host}:${udp}` }
}

const KNOWN: readonly string[] = ['id', 'secp256k1', 'ip', 'udp', 'tcp', 'ip6', 'udp6', 'tcp6', 'eth', 'wss', 'ws']

function placeFields(
  suffix: string,
  place: { readonly host: string; readonly udp: number; readonly tcp: number },
): Fields {
  return { [`ip${suffix}`]: place.host, [`udp${suffix}`]: place.udp, [`tcp${suffix}`]: place.tcp }
}
