// What a node that dials by itself needs, as one file to load. What a page has loaded already such a file takes from
// the entry: bundlers that split by who needs what leave it together then.
import { groupOf } from '../addresses/groups.ts'
import { isPublicEndpoint } from '../addresses/public-endpoint.ts'
import { createDialer } from '../dialing/dialer.ts'
import type { Dialer, DialOrder } from '../dialing/dialer.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { isPeerError } from '../index.ts'
import { freePlaces } from '../peers/peer-set.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import type { DialOutcome } from './attempt.ts'
import { idOf } from './connections.ts'
import type { Dials, DialsHost } from './dials.ts'
import type { Plugin, Verdict } from './plugin.ts'

/** The node's dials, as their dialer uses them. */
export interface DialerHost extends Pick<Dials, 'nameOf'>, Omit<DialsHost, 'isTrusted' | 'events'> {
  verdict(publicKey: Uint8Array, endpoint: Endpoint | undefined): Verdict | undefined
  /** Waits for an attempt; `undefined`: it is a peer. The answer leaves the attempt. */
  join(address: Address, settle: (outcome: DialOutcome) => void): (() => void) | undefined
}

/** The dialer of these dials; it knows no peer, persistent node or source yet. */
export function dialerFor(host: DialerHost): Dialer {
  const { settings, publicKey, connections } = host
  const { clock, random, plugins, logger } = settings
  const resolvers = plugins.filter((plugin) => plugin.resolve)
  return createDialer({
    clock,
    random,
    policy: { ...(settings.dialing ?? dialPolicy()), outbound: settings.places.outbound },
    free: () => freePlaces(connections.table, connections.limits),
    selfPublicKey: publicKey,
    groupOf,
    judge: ({ publicKey: key, endpoint }) => host.verdict(key, endpoint),
    log: logger,
    nameOf: (node) => host.nameOf(node.publicKey, node.endpoint),
    idOf: (key) => idOf(settings, key),
    attempt: (order) => take(host, order),
    isPublic: isPublicEndpoint,
    ...(resolvers.length > 0 && { resolve: (key, signal) => resolveBy(resolvers, key, signal) }),
  })
}

function take(host: DialerHost, { address, signal, done }: DialOrder): void {
  const leave = host.join(address, (became) => {
    if (leave) signal.removeEventListener('abort', leave)
    done(isPeerError(became) ? became : undefined)
  })
  if (leave) signal.addEventListener('abort', leave, { once: true })
  else done()
}

// One after another: who is asked later is asked less often.
async function resolveBy(
  plugins: readonly Plugin[],
  publicKey: Uint8Array,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  for (const plugin of plugins) {
    const endpoint = await plugin.resolve?.(publicKey, signal)
    if (endpoint && (plugin.local || isPublicEndpoint(endpoint))) return endpoint
  }
  return undefined
}
