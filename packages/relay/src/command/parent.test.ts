// Who ends with whoever started it.
import { createManualClock } from '@peerwire/core/testing'
import { expect, it } from 'vitest'
import { endsWithParent } from './parent.ts'

function watch(env: Record<string, string>, parent = 500) {
  const clock = createManualClock()
  const own = { env, ppid: parent }
  let ends = 0
  const stop = endsWithParent(own, clock, () => ends++)
  return { clock, own, stop, ends: () => ends }
}

it('a process of a package manager ends once when its parent has gone', () => {
  const { clock, own, ends } = watch({ npm_lifecycle_event: 'npx' })
  clock.advance(10_000)
  expect(ends()).toBe(0)
  own.ppid = 1
  clock.advance(10_000)
  expect(ends()).toBe(1)
})

it('no other does, nor one whose watch has ended', () => {
  const shell = watch({})
  const first = watch({ npm_lifecycle_event: 'start' }, 1)
  const ended = watch({ npm_lifecycle_event: 'start' })
  ended.stop()
  for (const one of [shell, first, ended]) {
    one.own.ppid = 7
    one.clock.advance(10_000)
    expect(one.ends()).toBe(0)
  }
})
