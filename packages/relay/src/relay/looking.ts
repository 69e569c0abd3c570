// Says what a relay without peers waits for.
import { type Clock, type Logger, type Node, type NodeExplanation, type Timer } from '@peerwire/core'
import type { Output } from '../command/output.ts'

/** Milliseconds between two lines, as in go-ethereum. */
const EVERY_MS = 10_000

export interface LookingParts {
  readonly node: Pick<Node, 'peers' | 'explainPeers' | 'inspect'>
  readonly clock: Clock
  readonly logger: Logger
  readonly output: Output
}

/** Writes a line every 10 s while there is no peer, and the event `looking`; the answer ends it. */
export function reportLooking({ node, clock, logger, output }: LookingParts): () => void {
  let timer: Timer
  const look = (): void => {
    timer = clock.setTimer(EVERY_MS, look)
    if (node.peers.length > 0) return
    const found = node.explainPeers()
    if (!found) return
    const { state, sentence, refused, failures } = found
    const table = tableOf(node)
    logger.log('info', 'Looking for peers', { ...table, why: sentence })
    output.event('looking', { state, sentence, refused, failures, ...table } satisfies Looking)
  }
  timer = clock.setTimer(EVERY_MS, look)
  return () => timer.cancel()
}

interface Looking extends NodeExplanation {
  /** Nodes that discovery knows, and how many of them have answered. */
  readonly known?: number
  readonly live?: number
}

function tableOf(node: Pick<Node, 'inspect'>): Pick<Looking, 'known' | 'live'> {
  const state: unknown = node.inspect().plugins['discovery']
  if (typeof state !== 'object' || state === null || !('nodes' in state) || !('live' in state)) return {}
  const { nodes, live } = state
  return typeof nodes === 'number' && typeof live === 'number' ? { known: nodes, live } : {}
}
