// Whose connections count together at the relay: one answer for the node, the bridge and discovery.
import { type PrefixPolicy, prefixPolicy, strictPrefixPolicy } from '@peerwire/core'
import type { RelayOptions } from './options.ts'

/** By network; this machine and its LAN are exempt unless the operator says otherwise. */
export function prefixesOf({ localExemption }: Pick<RelayOptions, 'localExemption'>): PrefixPolicy {
  return localExemption ? prefixPolicy : strictPrefixPolicy
}
