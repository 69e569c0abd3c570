import { describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import { drainMicrotasks } from '../testing/manual-clock.ts'
import type { Address } from '../wire/address.ts'
import { SourceMix } from './sources.ts'

function addressOf(host: string): Address {
  return { publicKey: new Uint8Array(64), endpoint: { scheme: 'tcp', host, port: 30_303 } }
}

async function* forever(host: string): AsyncGenerator<Address> {
  for (;;) yield addressOf(host)
}

async function* few(host: string, count: number): AsyncGenerator<Address> {
  for (let i = 0; i < count; i++) yield addressOf(host)
}

/** A source that never answers, and knows when it was asked and ended. */
function createDrySource(): { source: AsyncIterable<Address>; asked: number; ended: number; give(host: string): void } {
  let waiting = createDeferred<IteratorResult<Address>>()
  const iterator: AsyncIterator<Address> = {
    next: () => {
      dry.asked++
      return waiting.promise
    },
    return: async () => {
      dry.ended++
      return await Promise.resolve({ done: true as const, value: undefined })
    },
  }
  const dry = {
    source: { [Symbol.asyncIterator]: () => iterator },
    asked: 0,
    ended: 0,
    give: (host: string) => {
      waiting.resolve({ done: false, value: addressOf(host) })
      waiting = createDeferred()
    },
  }
  return dry
}

function createRig() {
  const ended: { readonly name: string; readonly error?: string | undefined }[] = []
  return { ended, mix: new SourceMix({ changed: (end) => end && ended.push(end) }) }
}

async function draw(mix: SourceMix, count: number, useful = true, nowMs = 0): Promise<Record<string, number>> {
  const drawn: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    mix.read(nowMs)
    await drainMicrotasks()
    const next = mix.take()
    if (!next) continue
    next.judge(useful, nowMs)
    const { host } = next.address.endpoint
    drawn[host] = (drawn[host] ?? 0) + 1
  }
  return drawn
}

describe('SourceMix', () => {
  it('draws from all sources alike', async () => {
    const { mix } = createRig()
    for (const name of ['a', 'b', 'c']) mix.add(name, forever(name))
    expect(await draw(mix, 300)).toEqual({ a: 100, b: 100, c: 100 })
  })

  it('draws from the others while one is dry, and from that one as soon as it has something', async () => {
    const { mix } = createRig()
    const dry = createDrySource()
    mix.add('dry', dry.source)
    mix.add('a', forever('a'))
    mix.add('b', forever('b'))
    expect(await draw(mix, 100)).toEqual({ a: 50, b: 50 })
    expect(dry.asked).toBe(1)
    dry.give('rain')
    await drainMicrotasks()
    expect(mix.take()?.address.endpoint.host).toBe('rain')
  })

  it('goes on with the others when one ends or fails', async () => {
    const { mix, ended } = createRig()
    mix.add('short', few('short', 3))
    mix.add(
      'broken',
      (async function* () {
        yield addressOf('broken')
        throw new Error('no disk')
      })(),
    )
    mix.add('a', forever('a'))
    expect(await draw(mix, 100)).toEqual({ short: 3, broken: 1, a: 96 })
    expect(ended).toEqual([{ name: 'broken', error: 'no disk' }, { name: 'short' }])
    expect(mix.open).toBe(1)
  })

  it('drops a source that gives something else than addresses', async () => {
    const { mix, ended } = createRig()
    mix.add(
      'odd',
      (async function* () {
        yield { ...addressOf('odd'), publicKey: new Uint8Array(33) }
      })(),
    )
    expect(await draw(mix, 3)).toEqual({})
    expect(ended).toEqual([{ name: 'odd', error: 'a candidate with a key of 33 bytes' }])
  })

  it('forgets a source that is removed, with what it gave in advance, and tells it', async () => {
    const { mix } = createRig()
    const dry = createDrySource()
    const remove = mix.add('dry', dry.source)
    mix.add('a', forever('a'))
    mix.read(0)
    dry.give('too late')
    await drainMicrotasks()
    remove()
    remove()
    expect(dry.ended).toBe(1)
    expect(await draw(mix, 10)).toEqual({ a: 10 })
  })

  it('reads nothing it was not asked to, and one value ahead at most', async () => {
    const { mix } = createRig()
    const dry = createDrySource()
    mix.add('dry', dry.source)
    await drainMicrotasks()
    expect(dry.asked).toBe(0)
    mix.read(0)
    mix.read(0)
    dry.give('one')
    await drainMicrotasks()
    mix.read(0)
    expect(dry.asked).toBe(1)
  })

  it('lets a source rest that gives nothing useful, ever longer, and the others go on', async () => {
    const rig = createRig()
    rig.mix.add('stale', forever('stale'))
    expect(await draw(rig.mix, 1_000, false)).toEqual({ stale: 64 })
    expect(rig.mix.nextAtMs).toBe(250)
    expect(rig.mix.inspect(0)).toEqual([{ name: 'stale', state: 'resting', taken: 64, wasted: 64 }])
    rig.mix.add('good', forever('good'))
    expect(await draw(rig.mix, 10)).toEqual({ good: 10 })
    const rests: number[] = []
    let nowMs = 0
    for (let i = 0; i < 7; i++) {
      rests.push(rig.mix.nextAtMs! - nowMs)
      nowMs = rig.mix.nextAtMs!
      await draw(rig.mix, 200, false, nowMs)
    }
    expect(rests.at(-1)).toBeLessThanOrEqual(8_000)
    expect(rests[0]).toBe(250)
    rig.mix.wake()
    expect(rig.mix.nextAtMs).toBeUndefined()
  })

  it('says when a rest ends until it is read again, so that nobody forgets it', async () => {
    const rig = createRig()
    rig.mix.add('stale', forever('stale'))
    await draw(rig.mix, 1_000, false)
    expect(rig.mix.nextAtMs).toBe(250)
    rig.mix.read(251)
    expect(rig.mix.nextAtMs).toBeUndefined()
  })

  it('closes with readers pending, and tells every source', async () => {
    const { mix, ended } = createRig()
    const dry = createDrySource()
    mix.add('dry', dry.source)
    mix.add('a', forever('a'))
    mix.read(0)
    mix.close()
    mix.close()
    expect(dry.ended).toBe(1)
    expect(mix.open).toBe(0)
    const before = ended.length
    dry.give('late')
    await drainMicrotasks()
    expect(mix.take()).toBeUndefined()
    expect(ended).toHaveLength(before)
  })
})
