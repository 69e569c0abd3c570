// That what arrives is worked on in slices of time, in order, and nothing of it is forgotten.
import { createManualClock } from '@peerwire/core/testing'
import { expect, it } from 'vitest'
import { type LateLink, LoopTurn } from './loop-turn.ts'

const nextTurn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

/** Links that keep `pieces` each, and take 1.5 ms for one. */
function crowd(count: number, pieces: number) {
  const clock = createManualClock()
  const turn = new LoopTurn(clock)
  const worked: number[] = []
  const work = (link: number): void => {
    worked.push(link)
    clock.advance(1.5)
  }
  const links = Array.from({ length: count }, (_, i): LateLink => {
    let left = pieces
    return {
      deliverLate() {
        left--
        work(i)
        if (left > 0) turn.wait(links[i]!)
      },
    }
  })
  return { turn, links, worked, clock }
}

it('has 2 ms for several links, and then none until the next turn', async () => {
  const { turn, links, clock } = crowd(2, 0)
  const [one, other] = [links[0]!, links[1]!]
  expect(turn.hasTime(one)).toBe(true)
  clock.advance(1.9)
  expect(turn.hasTime(other)).toBe(true)
  clock.advance(0.1)
  expect(turn.hasTime(other)).toBe(false)
  expect(turn.hasTime(one)).toBe(false)
  await nextTurn()
  expect(turn.hasTime(other)).toBe(true)
})

it('has all the time for a link that is alone', async () => {
  const { turn, links, clock } = crowd(2, 0)
  expect(turn.hasTime(links[0]!)).toBe(true)
  clock.advance(50)
  expect(turn.hasTime(links[0]!)).toBe(true)
  expect(turn.hasTime(links[1]!)).toBe(false)
})

it('works on what waits two links at a time, each in its turn', async () => {
  const { turn, links, worked } = crowd(3, 2)
  for (const link of links) turn.wait(link)
  expect(worked).toEqual([])
  await nextTurn()
  expect(worked).toEqual([0, 1])
  expect(turn.hasTime(links[0]!)).toBe(false)
  await nextTurn()
  expect(worked).toEqual([0, 1, 2, 0])
  await nextTurn()
  expect(worked).toEqual([0, 1, 2, 0, 1, 2])
  await nextTurn()
  expect(turn.hasTime(links[0]!)).toBe(true)
})

it('lets go of a link that is forgotten', async () => {
  const { turn, links, worked } = crowd(2, 1)
  for (const link of links) turn.wait(link)
  turn.forget(links[0]!)
  await nextTurn()
  expect(worked).toEqual([1])
})
