// Heavy work in slices, source by source, with the loop free between them.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { Turns } from './turns.ts'

/** Turns on a clock that each piece of work moves by a millisecond; what was done, and a bar for each free loop. */
function createTurns() {
  const clock = createManualClock()
  const done: string[] = []
  let worked = 0
  const busy: Clock = {
    ...clock,
    now: () => clock.now() + worked,
    setTimer: (delayMs, fn) =>
      clock.setTimer(delayMs, () => {
        done.push('|')
        fn()
      }),
  }
  const turns = new Turns(busy)
  const add = (source: string, name: string = source, alsoDo: () => void = () => undefined): void =>
    turns.add(source, () => {
      worked++
      done.push(name)
      alsoDo()
    })
  const text = (): string => done.join('')
  return { clock, turns, add, text }
}

describe('turns', () => {
  it('do what is alone at once, and leave no timer when the loop was free', () => {
    const { clock, add, text } = createTurns()
    for (const source of 'abc') add(source)
    expect(text()).toBe('abc')
    clock.advance(0)
    expect([text(), clock.pendingTimers]).toEqual(['abc|', 0])
  })

  it('let the loop go after 5 ms of work, again and again', () => {
    const { clock, turns, add, text } = createTurns()
    for (const source of 'abcdefghijklm') add(source)
    expect([text(), turns.waiting]).toEqual(['abcde', 8])
    clock.advance(0)
    expect([text(), turns.waiting, clock.pendingTimers]).toEqual(['abcde|fghij|klm|', 0, 0])
  })

  it('are fair: a source with one piece comes before the rest of a source with many', () => {
    const { clock, add, text } = createTurns()
    for (let i = 0; i < 12; i++) add('a')
    for (const source of 'bbbcd') add(source)
    clock.advance(0)
    expect(text()).toBe('aaaaa|abcda|babaa|aa|')
  })

  it('keep the order of one source, also of what is added while it works', () => {
    const { clock, add, text } = createTurns()
    add('a', '1', () => {
      add('a', '2')
      add('b', '3', () => add('b', '4'))
    })
    expect(text()).toBe('1')
    clock.advance(0)
    expect(text()).toBe('1|234|')
  })

  it('go on after work that throws', () => {
    const { clock, turns, add, text } = createTurns()
    const fail = (): never => {
      throw new Error('broken')
    }
    expect(() => turns.add('a', fail)).toThrow('broken')
    add('a')
    clock.advance(0)
    expect([text(), clock.pendingTimers]).toEqual(['a|', 0])
  })

  it('forget what waits when they are closed', () => {
    const { clock, turns, add, text } = createTurns()
    for (let i = 0; i < 9; i++) add('a')
    turns.close()
    clock.advance(10)
    expect([text(), turns.waiting, clock.pendingTimers]).toEqual(['aaaaa', 0, 0])
  })
})
