// Whom a crawl visits: everyone, and again what failed, but never as often as somebody likes.
import { defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { type KnownNode, knownNode } from '@peerwire/discovery'
import { describe, expect, it } from 'vitest'
import { Visits } from './visits.ts'

const publicKey = defaultCrypto.publicKeyOf(generatePrivateKey())
const somewhere = knownNode({ publicKey, host: '20.1.1.1', udp: 30303, tcp: 30303 }, defaultCrypto)
const at = (host: string, key = somewhere.key): KnownNode => ({ ...somewhere, host, key })
const AGAIN = { againMs: 1000 }

function begin() {
  const clock = createManualClock({ tickMs: 0 })
  return { clock, visits: new Visits(clock) }
}

describe('visits', () => {
  it('are made once to whom they succeed with, however often it is told of', () => {
    const { visits } = begin()
    visits.met(somewhere)
    visits.met(somewhere)
    expect(visits.take()).toBe(somewhere)
    visits.met(somewhere)
    expect(visits.take()).toBeUndefined()
    expect(visits.visited(somewhere, 'done')).toBe(true)
    visits.met(somewhere)
    visits.met(at('20.2.2.2'))
    expect(visits.take()).toBeUndefined()
  })

  it('are made once more after a while where they fail', () => {
    const { clock, visits } = begin()
    visits.met(somewhere)
    expect(visits.visited(visits.take()!, AGAIN)).toBe(false)
    clock.advance(999)
    expect(visits.take()).toBeUndefined()
    clock.advance(1)
    expect(visits.take()).toBe(somewhere)
    expect(visits.visited(somewhere, AGAIN)).toBe(true)
    clock.advance(10_000)
    expect(visits.take()).toBeUndefined()
  })

  it('are made at once where it is told of elsewhere, whether before or after the failure', () => {
    const { visits } = begin()
    const [second, third] = [at('20.2.2.2'), at('20.3.3.3')]
    visits.met(somewhere)
    visits.take()
    visits.met(second)
    expect(visits.visited(somewhere, AGAIN)).toBe(false)
    expect(visits.take()).toBe(second)
    expect(visits.visited(second, AGAIN)).toBe(false)
    expect(visits.take()).toBeUndefined()
    visits.met(third)
    expect(visits.take()).toBe(third)
  })

  it('are three to one key at most, at however many places it is told of', () => {
    const { clock, visits } = begin()
    const visited: string[] = []
    for (let i = 0; i < 20; i++) {
      visits.met(at(`20.1.1.${i}`))
      clock.advance(5000)
      const next = visits.take()
      if (!next) continue
      visited.push(next.host)
      visits.visited(next, AGAIN)
    }
    expect(visited).toEqual(['20.1.1.0', '20.1.1.1', '20.1.1.2'])
  })

  it('come in the order of their times where they wait differently long', () => {
    const { clock, visits } = begin()
    const [slow, fast] = [at('20.1.1.1', 'slow'), at('20.1.1.1', 'fast')]
    for (const node of [slow, fast]) visits.met(node)
    visits.visited(visits.take()!, { againMs: 3000 })
    visits.visited(visits.take()!, { againMs: 1000 })
    clock.advance(1000)
    expect(visits.take()).toBe(fast)
    expect(visits.take()).toBeUndefined()
    clock.advance(2000)
    expect(visits.take()).toBe(slow)
  })

  it('tell when somebody is due, and leave nothing behind', async () => {
    const { clock, visits } = begin()
    const { signal } = new AbortController()
    const met = visits.due(signal)
    visits.met(somewhere)
    await met
    visits.visited(visits.take()!, AGAIN)
    const due = visits.due(signal)
    await clock.advanceAsync(1000)
    await due
    expect(visits.take()).toBe(somewhere)
    const end = new AbortController()
    const never = visits.due(end.signal)
    end.abort(new Error('over'))
    await expect(never).rejects.toThrow('over')
    expect(clock.pendingTimers).toBe(0)
  })

  it('are made to a bounded number of nodes', () => {
    const visits = new Visits(createManualClock(), 100)
    for (let i = 0; i <= 100; i++) visits.met(at('20.1.1.1', String(i)))
    expect(visits.ready).toBe(100)
  })
})
