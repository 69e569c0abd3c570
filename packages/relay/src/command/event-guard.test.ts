// Of a flood of events, twenty a second and a number.
import { createManualClock } from '@peerwire/core/testing'
import { expect, it } from 'vitest'
import { guardEvents } from './event-guard.ts'
import { createOutput } from './output.ts'

function makeGuard() {
  const clock = createManualClock()
  const lines: Record<string, unknown>[] = []
  const output = createOutput(true, (text) => void lines.push(JSON.parse(text) as Record<string, unknown>))
  return { clock, lines, guard: guardEvents(output, clock) }
}

it('a flood of one event is cut to its first twenty and their number, and hides no other', () => {
  const { clock, lines, guard } = makeGuard()
  for (let i = 0; i < 1000; i++) guard.output.event('setupfail', { code: 'bad mac', i })
  guard.output.event('setupfail', { code: 'link lost' })
  guard.output.event('peer', { id: 'a' })
  expect(lines).toHaveLength(22)
  clock.advance(1000)
  guard.output.event('setupfail', { code: 'bad mac' })
  expect(lines.at(-1)).toEqual({ event: 'setupfail', code: 'bad mac', suppressed: 980 })
  guard.output.event('setupfail', { code: 'bad mac' })
  expect(lines.at(-1)).toEqual({ event: 'setupfail', code: 'bad mac' })
})

it('what no later event tells of is told at the end, once', () => {
  const { lines, guard } = makeGuard()
  for (let i = 0; i < 21; i++) for (const code of ['bad mac', 'link lost']) guard.output.event('setupfail', { code })
  for (let i = 0; i < 25; i++) guard.output.event('message', { code: 1 })
  lines.length = 0
  guard.flush()
  guard.flush()
  expect(lines).toEqual([{ event: 'suppressed', count: 7, events: { setupfail: 2, message: 5 } }])
})
