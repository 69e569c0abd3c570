// A protocol of one's own: peers tell votes and ask for the count.
import { defineProtocol, message, type Offer, request, struct, text, uint } from '@peerwire/core'

const vote = struct({ topic: text, points: uint })
export const tally = defineProtocol({
  name: 'tally',
  version: 1,
  messages: { vote: message(0, vote), count: request(1, text, 2, uint, { timeoutMs: 5000 }) },
})

export function createTally(votes: Map<string, number> = new Map()): Offer {
  const count = (topic: string): number => votes.get(topic) ?? 0
  const add = (topic: string, points: number): unknown => votes.set(topic, count(topic) + points)
  return tally.with({ vote: (_, { topic, points }) => void add(topic, points), count: (_, topic) => count(topic) })
}
