// Whether a tab's program gains anything from this relay; where it doesn't, the operator and the page are told why.
import { hasFinders } from './finders.ts'
import type { RelayOptions } from './options.ts'

/** Why the relay is of no use to a tab's program, with what to do; absent where it is. */
export function uselessness(options: RelayOptions): string | undefined {
  const { listen, connect, seeds, sample, bridge, bridgeAllow } = options
  if (listen.length > 0 && listen.every(({ scheme }) => scheme === 'tcp')) {
    return 'no tab can connect: nothing listens on ws:// or wss:// (--listen ws://127.0.0.1:30380/)'
  }
  const leads = connect.length + seeds.length + bridge.length + bridgeAllow.length
  if (leads > 0 || sample || hasFinders(options)) return undefined
  return 'nobody was named to get anything from (--connect, --network, --bridge or --sample): tabs find each other only'
}
