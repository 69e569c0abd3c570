import { describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { ServedItem } from '../inventory/item-table.ts'
import type { Peer } from '../wire/peer.ts'
import type { Prepared } from '../wire/prepared.ts'
import { invProtocol } from './inv-messages.ts'
import type { Ids } from './inv-messages.ts'
import { ItemMessages, Serving } from './inv-serving.ts'

const KIND = 16
const protocol = invProtocol(100)

function idOf(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed)
}

function servedOf(seed: number): ServedItem {
  return { item: { bytes: Uint8Array.of(seed), meta: 0, source: 'own', bornMs: 0 }, ageMs: 0 }
}

/** A peer whose link takes what it is given when the test says so. */
function make(has: (seed: number) => boolean = () => true) {
  const told: string[] = []
  const prepared: Prepared[] = []
  const waits: Deferred<void>[] = []
  const wait = (): Promise<void> => {
    const deferred = createDeferred<void>()
    waits.push(deferred)
    return deferred.promise
  }
  const items = new Map<number, ServedItem>()
  const serve = (_: string, __: number, [seed]: Uint8Array): ServedItem | undefined => {
    if (!has(seed!)) return undefined
    if (!items.has(seed!)) items.set(seed!, servedOf(seed!))
    return items.get(seed!)
  }
  const peer = {
    id: 'peer',
    send: (_: unknown, name: string, value: unknown) => {
      told.push(`${name} ${(value as Ids).ids.map(([seed]) => seed).join(' ')}`)
      return wait()
    },
    sendPrepared: (message: Prepared) => {
      prepared.push(message)
      told.push('item')
      return wait()
    },
  }
  const messages = new ItemMessages(protocol)
  let nowMs = 0
  const asked = peer as Pick<Peer, 'id' | 'send' | 'sendPrepared'>
  const serving = new Serving(asked, protocol, messages, { serve }, () => nowMs)
  const drain = async (): Promise<void> => {
    for (const deferred of waits.splice(0)) deferred.resolve()
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
  return { serving, told, prepared, drain, waits, pass: (ms: number) => void (nowMs += ms) }
}

describe('serving', () => {
  it('gives a link five items, and waits until it has taken them', async () => {
    const { serving, told, drain } = make()
    serving.add({ kind: KIND, ids: Array.from({ length: 12 }, (_, i) => idOf(i)) })
    const counts: number[] = []
    for (let i = 0; i < 4; i++) {
      counts.push(told.length)
      await drain()
    }
    expect(counts).toEqual([5, 10, 12, 12])
  })

  it('goes on with what was asked for while it waited, and says together what is missing', async () => {
    const { serving, told, drain } = make((seed) => seed % 2 === 0)
    serving.add({ kind: KIND, ids: [1, 2, 3].map(idOf) })
    serving.add({ kind: KIND, ids: [4, 5].map(idOf) })
    await drain()
    expect(told).toEqual(['item', 'notfound 1 3', 'item', 'notfound 5'])
  })

  it('counts no more what was asked for a minute ago: it makes room, and is said to be missing', async () => {
    const { serving, told, drain, pass } = make()
    const ids = (count: number) => Array.from({ length: count }, (_, i) => idOf(i))
    serving.add({ kind: KIND, ids: ids(1000) })
    pass(59_999)
    expect(() => serving.add({ kind: KIND, ids: ids(6) })).toThrow(/6 items asked for while 995 wait/)
    pass(1)
    serving.add({ kind: KIND, ids: ids(15) })
    expect(told.at(-1)).toBe('notfound 5 6 7 8 9 10 11 12 13 14')
    expect(() => serving.add({ kind: KIND, ids: ids(1000) })).toThrow(/1000 items asked for while/)
    await drain()
  })

  it('stops with its peer, whose link refuses everything from then on', async () => {
    const { serving, told, waits, drain } = make()
    serving.add({ kind: KIND, ids: Array.from({ length: 20 }, (_, i) => idOf(i)) })
    waits[0]!.reject(new Error('gone'))
    await drain()
    await drain()
    expect(told).toHaveLength(5)
  })

  it('makes a message once for all who ask at the same time', async () => {
    const { serving, prepared, drain } = make()
    serving.add({ kind: KIND, ids: [idOf(1), idOf(1), idOf(2)] })
    await drain()
    expect(prepared[0]).toBe(prepared[1])
    expect(prepared[0]).not.toBe(prepared[2])
  })
})
