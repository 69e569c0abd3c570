// Says what a relay without peers waits for.
import { type Clock, type Logger, type Node, type NodeExplanation, type Timer } from '@peerwire/core'
import type { DiscoveryInspection } from '@peerwire/discovery'
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
    const { known, live, left } = table
    logger.log('info', 'Looking for peers', { known, live, left: leftText(left), why: sentence })
    output.event('looking', { sentence, state, refused, failures, ...table } satisfies Looking)
  }
  timer = clock.setTimer(EVERY_MS, look)
  return () => timer.cancel()
}

interface Looking extends NodeExplanation {
  /** Nodes that discovery knows, and how many of them have answered. */
  readonly known?: number
  readonly live?: number
  /** Nodes that it did not offer, by reason. */
  readonly left?: Readonly<Record<string, number>>
}

function tableOf(node: Pick<Node, 'inspect'>): Pick<Looking, 'known' | 'live' | 'left'> {
  const state = node.inspect().plugins['discovery'] as DiscoveryInspection | null | undefined
  return state ? { left: state.left, known: state.nodes, live: state.live } : {}
}

function leftText(left: Looking['left'] = {}): string | undefined {
  const parts = Object.entries(left).filter(([, count]) => count > 0)
  return parts.length > 0 ? parts.map(([reason, count]) => `${count} ${reason}`).join(', ') : undefined
}
