// How many peers, visitors and links fit into the files that the process may open, so that strangers never take the
// last.
import { readFile } from 'node:fs/promises'
import { DEFAULT_LIMITS, type NodeLimits } from '@peerwire/core'
import { type BridgeLimits, DEFAULT_BRIDGE_LIMITS } from '../bridge/limits.ts'
import type { RelayOptions } from './options.ts'

/** Open files beside those of peers and visitors: Node's own, listeners, dials, the book, standard streams. */
const OTHER_FILES = 64
/** Each link of the bridge is two sockets. */
const FILES_OF_LINK = 2
const MOST_LINKS = DEFAULT_BRIDGE_LIMITS.links

export interface FileBudget {
  /** As many peers as were asked for, or as fit. */
  readonly maxPeers: number
  /** Open files with which those that were asked for fit. */
  readonly needed: number
  /** Bounds of the node that have to be lower than they would be by themselves. */
  readonly limits: Partial<Pick<NodeLimits, 'waitingInbound' | 'pendingInbound'>>
  readonly bridge: Pick<BridgeLimits, 'links'>
}

/**
 * A third of the files is for visitors who are no peers yet: half of it for those who wait, a quarter for handshakes
 * and a quarter for those who are told why not. Another third is for the bridge, where it is open, and peers have the
 * rest.
 *
 * @param openFiles - absent where no limit is known
 */
export function budgetFor(
  { maxPeers, bridge, bridgeAllow }: Pick<RelayOptions, 'maxPeers' | 'bridge' | 'bridgeAllow'>,
  openFiles: number = Infinity,
): FileBudget {
  const all = Math.max(0, openFiles - OTHER_FILES)
  const isOpen = bridge.length + bridgeAllow.length > 0
  const links = isOpen ? Math.min(MOST_LINKS, atLeast(1, all / 3 / FILES_OF_LINK)) : MOST_LINKS
  const places = isOpen ? all - links * FILES_OF_LINK : all
  const peers = Math.min(maxPeers, atLeast(1, (places * 2) / 3))
  const visitors = Math.max(0, places - peers)
  const bridged = isOpen ? MOST_LINKS * FILES_OF_LINK : 0
  return {
    maxPeers: peers,
    needed: OTHER_FILES + Math.max(Math.ceil(maxPeers * 1.5) + bridged, bridged * 3),
    limits: {
      ...lower('waitingInbound', DEFAULT_LIMITS.waitingInbound, visitors / 2),
      ...lower('pendingInbound', 2 * peers, visitors / 4),
    },
    bridge: { links },
  }
}

function lower<Name extends string>(name: Name, usual: number, most: number): { readonly [name in Name]?: number } {
  return most < usual ? ({ [name]: atLeast(2, most) } as { [name in Name]: number }) : {}
}

/** How many files this process may have open, where the system tells. */
export async function openFilesLimit(): Promise<number | undefined> {
  // Elsewhere Node raises its limit to what the system allows, which is mostly none.
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

function atLeast(least: number, value: number): number {
  return Math.max(least, Math.floor(value))
}
