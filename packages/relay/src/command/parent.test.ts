// Who ends with whoever started it.
import { createManualClock } from '@peerwire/core/testing'
import { expect, it } from 'vitest'
import { endsWithParent, type ProcessFacts } from './parent.ts'

function watch(env: Record<string, string>, parent = 500, facts?: ProcessFacts) {
  const clock = createManualClock()
  const own = { env, ppid: parent }
  const shell = facts && { ...facts }
  let ends = 0
  const stop = endsWithParent(
    own,
    clock,
    () => ends++,
    () => shell,
  )
  return { clock, own, shell: shell!, stop, ends: () => ends }
}

const NPX = { npm_lifecycle_event: 'npx' }

it('a process of a package manager ends once when its parent has gone', () => {
  const { clock, own, ends } = watch(NPX)
  clock.advance(10_000)
  expect(ends()).toBe(0)
  own.ppid = 1
  clock.advance(10_000)
  expect(ends()).toBe(1)
})

it('ends when the package manager has gone from above the shell in between', () => {
  const { clock, shell, ends } = watch(NPX, 500, { name: 'sh', ppid: 400 })
  clock.advance(10_000)
  expect(ends()).toBe(0)
  Object.assign(shell, { ppid: 1 })
  clock.advance(10_000)
  expect(ends()).toBe(1)
})

it('who started the package manager may go', () => {
  const { clock, shell, ends } = watch(NPX, 500, { name: 'npm exec peerwi', ppid: 400 })
  Object.assign(shell, { ppid: 1 })
  clock.advance(10_000)
  expect(ends()).toBe(0)
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
