import { describe, expect, it } from 'vitest'
import { createDeferred } from '@peerwire/core'
import type { Deferred } from '@peerwire/core'
import { drainMicrotasks } from '@peerwire/core/testing'
import { inParallel } from './in-parallel.ts'

async function* upTo(count: number, seen: number[] = []): AsyncGenerator<number, void> {
  for (let i = 0; i < count; i++) {
    seen.push(i)
    yield i
  }
}

describe('work in parallel', () => {
  it('gives every result once, as they come', async () => {
    const calls: Deferred<string>[] = []
    const work = (): Promise<string> => {
      const call = createDeferred<string>()
      calls.push(call)
      return call.promise
    }
    const results: string[] = []
    const all = (async () => {
      for await (const result of inParallel(upTo(5), 3, work)) results.push(result)
    })()
    await drainMicrotasks()
    expect(calls).toHaveLength(3)
    calls[1]!.resolve('b')
    await drainMicrotasks()
    expect([results, calls.length]).toEqual([['b'], 4])
    for (const [i, call] of calls.entries()) call.resolve(`${i}`)
    await drainMicrotasks()
    calls[4]!.resolve('last')
    await all
    expect(results.toSorted()).toEqual(['0', '2', '3', 'b', 'last'])
  })

  it('reads nothing before it is asked, and no more than it works on', async () => {
    const seen: number[] = []
    const results = inParallel(upTo(100, seen), 4, async (value) => value)
    await drainMicrotasks()
    expect(seen).toEqual([])
    await results.next()
    await drainMicrotasks()
    expect(seen.length).toBeLessThanOrEqual(5)
    await results.return()
  })

  it('ends with the first failure, of the work or of what it reads', async () => {
    const failing = inParallel(upTo(3), 1, () => Promise.reject(new Error('no luck')))
    await expect(failing.next()).rejects.toThrow('no luck')
    const broken = (async function* (): AsyncGenerator<number, void> {
      yield 1
      throw new Error('no more')
    })()
    const results = inParallel(broken, 2, async (value) => value)
    await expect(all(results)).rejects.toThrow('no more')
  })

  async function all(results: AsyncIterable<number>): Promise<number[]> {
    const found: number[] = []
    for await (const result of results) found.push(result)
    return found
  }
})
