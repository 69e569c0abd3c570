// Which protocols two nodes share, and where the codes of each begin.
import { BASE_CODES } from './base-messages.ts'
import type { Capability } from './peer.ts'

/** A capability of ours with the number of message codes it takes. */
export interface OwnCapability extends Capability {
  readonly length: number
}

/** One of ours that the remote has too, and the first of its codes on the wire. */
export interface SharedCapability<T> {
  readonly capability: T
  readonly offset: number
}

/**
 * What both sides speak, in the order of their codes: of each name the highest version that both have, names in
 * order of their bytes, the first code at 0x10.
 */
export function matchCapabilities<T extends OwnCapability>(
  ours: readonly T[],
  theirs: readonly Capability[],
): readonly SharedCapability<T>[] {
  const best = new Map<string, T>()
  for (const own of ours) {
    const other = best.get(own.name)
    if (other && other.version >= own.version) continue
    if (theirs.some(({ name, version }) => name === own.name && version === own.version)) best.set(own.name, own)
  }
  let offset = BASE_CODES
  return [...best.values()].sort(compareCapabilities).map((capability) => {
    const shared = { capability, offset }
    offset += capability.length
    return shared
  })
}

/** By name, then by version. Names are ASCII, for which the order of code units is that of bytes. */
export function compareCapabilities(left: Capability, right: Capability): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1
  return left.version - right.version
}

/** 1 to 8 printable ASCII characters. */
export function isCapabilityName(name: string): boolean {
  return /^[!-~]{1,8}$/.test(name)
}
