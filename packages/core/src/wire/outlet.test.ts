// Slices, order and the call when nothing waits any more, over a system that takes what the test says.
import { expect, it } from 'vitest'
import { LinkOutlet } from './outlet.ts'

const SLICE_BYTES = 65_536

/** A system that takes nothing before `take`, unless it is told to take all at once. */
function openOutlet(takesAll = false) {
  const given: number[] = []
  const asked: ((error?: unknown) => void)[] = []
  const state = { pendingBytes: 0, empty: 0 }
  const outlet = new LinkOutlet({
    get pendingBytes() {
      return state.pendingBytes
    },
    give: (chunks, taken) => {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      given.push(length)
      if (!takesAll) state.pendingBytes += length
      if (taken) asked.push(taken)
    },
    outletEmpty: () => state.empty++,
  })
  const take = (error?: unknown): void => {
    state.pendingBytes = 0
    asked.shift()!(error)
  }
  return { outlet, given, asked, state, take }
}

it('gives what the system takes at once without asking', () => {
  const { outlet, given, asked } = openOutlet(true)
  outlet.write(new Uint8Array(3 * SLICE_BYTES + 1))
  expect(given).toEqual([SLICE_BYTES, SLICE_BYTES, SLICE_BYTES, 1])
  expect({ idle: outlet.idle, asked: asked.length }).toEqual({ idle: true, asked: 0 })
})

it('lets two slices be with a slow system, and gives the next when it has taken them', () => {
  const { outlet, given, state, take } = openOutlet()
  outlet.write(new Uint8Array(5 * SLICE_BYTES))
  expect(given).toHaveLength(2)
  expect(outlet.bytes).toBe(3 * SLICE_BYTES)
  take()
  expect(given).toHaveLength(4)
  take()
  expect(given).toHaveLength(5)
  expect({ bytes: outlet.bytes, empty: state.empty }).toEqual({ bytes: 0, empty: 1 })
})

it('joins small chunks into a slice', () => {
  const { outlet, given, take } = openOutlet()
  outlet.write(new Uint8Array(SLICE_BYTES + 1))
  for (let i = 0; i < 100; i++) outlet.write(new Uint8Array(1000))
  take()
  expect(given).toEqual([SLICE_BYTES, 1, SLICE_BYTES, 100_000 - SLICE_BYTES])
})

it('is not idle while the system owes it a call, though nothing waits', () => {
  const { outlet, state, take } = openOutlet()
  outlet.write(new Uint8Array(2 * SLICE_BYTES))
  expect({ bytes: outlet.bytes, idle: outlet.idle }).toEqual({ bytes: 0, idle: false })
  take()
  expect({ idle: outlet.idle, empty: state.empty }).toEqual({ idle: true, empty: 1 })
})

it('gives the rest at once where the link ends, and nothing after a failure', () => {
  const ending = openOutlet()
  ending.outlet.write(new Uint8Array(5 * SLICE_BYTES))
  ending.outlet.release()
  expect(ending.given).toEqual([SLICE_BYTES, SLICE_BYTES, 3 * SLICE_BYTES])
  const failing = openOutlet()
  failing.outlet.write(new Uint8Array(5 * SLICE_BYTES))
  failing.take(new Error('gone'))
  expect(failing.given).toHaveLength(2)
})
