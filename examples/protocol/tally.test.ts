import { testNetwork } from '@peerwire/core/testing'
import { expect, test } from 'vitest'
import { createTally, tally } from './tally.ts'

test('votes of a peer are counted', async () => {
  const world = await testNetwork(2, () => [createTally()])
  const peer = await world.connect(0, 1)
  void peer.send(tally, 'vote', { topic: 'tea', points: 2 })
  expect(await world.until(peer.request(tally, 'count', 'tea'))).toBe(2)
  await world.close()
})
