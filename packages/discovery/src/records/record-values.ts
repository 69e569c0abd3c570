// What the known keys of a record mean: addresses, ports, and the fork of a chain.
import { bigUintOf, bytesOf, formatIp, isPeerError, listOf } from '@peerwire/core'
import type { RlpInput, RlpItem } from '@peerwire/core'
import { readValue } from './record.ts'
import type { NodeRecord } from './record.ts'

/** Where a record says that its node is. */
export interface RecordEndpoint {
  /** An IP address as text. */
  readonly host: string
  /** 0 where the record names none. */
  readonly udp: number
  readonly tcp: number
}

/** The `eth` entry: which chain, and which of its rules (EIP-2124). */
export interface RecordForkId {
  /** 4 bytes. */
  readonly hash: Uint8Array
  readonly next: bigint
}

/** The IPv4 endpoint, or the IPv6 one where there is no other; `undefined` when there is neither. */
export function recordEndpoint(record: NodeRecord): RecordEndpoint | undefined {
  return endpointOf(record, 'ip', 4, '') ?? recordEndpoint6(record)
}

/** The IPv6 endpoint; ports without a `6` count where there are no others, as EIP-778 has it. */
export function recordEndpoint6(record: NodeRecord): RecordEndpoint | undefined {
  return endpointOf(record, 'ip6', 16, '6')
}

/** The entry `eth`; `undefined` when there is none, or it is nothing of that kind. */
export function recordForkId(record: NodeRecord): RecordForkId | undefined {
  return valueOf(record, 'eth', (item) => {
    const [forkId] = listOf(item, 1)
    const [hash, next] = listOf(forkId, 2)
    return { hash: bytesOf(hash, 4), next: bigUintOf(next, 64) }
  })
}

/** The entry `eth` for `signRecord`. */
export function forkIdEntry({ hash, next }: RecordForkId): RlpInput {
  return [[hash, next]]
}

function endpointOf(record: NodeRecord, key: string, length: number, suffix: string): RecordEndpoint | undefined {
  const ip = valueOf(record, key, (item) => bytesOf(item, length))
  if (!ip) return undefined
  const port = (name: string): number =>
    portOf(record, name + suffix) ?? (suffix ? portOf(record, name) : undefined) ?? 0
  return { host: formatIp(ip), udp: port('udp'), tcp: port('tcp') }
}

function portOf(record: NodeRecord, key: string): number | undefined {
  return valueOf(record, key, (item) => Number(bigUintOf(item, 16)))
}

// A value of another kind than its key promises is as good as none: the rest of the record still counts.
function valueOf<T>(record: NodeRecord, key: string, read: (item: RlpItem) => T): T | undefined {
  const value = record.pairs.get(key)
  if (!value) return undefined
  try {
    return read(readValue(value))
  } catch (error) {
    if (isPeerError(error)) return undefined
    throw error
  }
}
