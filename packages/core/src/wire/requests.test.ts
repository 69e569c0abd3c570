// Which answers are awaited: as many as were asked for, however late; only what nobody asked for counts.
import { describe, expect, it } from 'vitest'
import { uint } from '../protocols/codecs.ts'
import { request } from '../protocols/define-protocol.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { Requests } from './requests.ts'

const BOUNDS = { requests: 64, strayAnswers: 16 }
const definition = request(0, uint, 1, uint, { timeoutMs: 1000 })
const question = { what: 'calc.double', definition, value: 1 }

function asking(firstId = 1000) {
  const clock = createManualClock()
  const requests = new Requests({}, clock, BOUNDS, firstId)
  const ids: bigint[] = []
  const ask = (options?: { readonly signal?: AbortSignal }): Promise<unknown> =>
    requests.ask(question, (id) => void ids.push(id), options).catch((error: unknown) => error)
  return { clock, requests, ids, ask }
}

describe('answers to questions that were given up', () => {
  it('are let pass as long as the peer lives, however many and late they are', async () => {
    const { clock, requests, ids, ask } = asking()
    for (let i = 0; i < 1000; i++) {
      const stop = new AbortController()
      const asked = ask(i % 2 === 0 ? { signal: stop.signal } : {})
      stop.abort()
      await clock.advanceAsync(1000)
      await asked
    }
    await clock.advanceAsync(3_600_000)
    for (const id of ids) requests.answer(id, 1, () => 2)
    expect(requests.counts).toEqual({ pending: 0, late: 1000, unasked: 0 })
  })

  it('are as many as the questions: past them, and those of other ids, count as unasked', async () => {
    const { clock, requests, ids, ask } = asking()
    const asked = [ask(), ask()]
    await clock.advanceAsync(1000)
    await Promise.all(asked)
    for (const id of [ids[0]!, 999n, 1002n, 2n ** 64n - 1n, ids[1]!]) requests.answer(id, 1, () => 2)
    expect(requests.counts).toEqual({ pending: 0, late: 2, unasked: 3 })
    for (let i = 0; i < 13; i++) requests.answer(ids[0]!, 1, () => 2)
    expect(() => requests.answer(ids[0]!, 1, () => 2)).toThrow('17 answers that nobody asked for')
  })

  it('that are refusals are let pass, too', async () => {
    const { clock, requests, ids, ask } = asking()
    const asked = ask()
    await clock.advanceAsync(1000)
    expect(String(await asked)).toContain('no answer to calc.double within 1000 ms')
    requests.refused(ids[0]!, 1)
    expect(requests.counts).toEqual({ pending: 0, late: 1, unasked: 0 })
  })
})

describe('an answer with another code', () => {
  it('is wrong, refusal or not', () => {
    const { requests, ids, ask } = asking()
    void ask()
    expect(() => requests.answer(ids[0]!, 5, () => 2)).toThrow('code 5 answers a question that wants code 1')
    expect(() => requests.refused(ids[0]!, 5)).toThrow('code 5 answers a question that wants code 1')
    requests.fail(new Error('over'))
  })
})
