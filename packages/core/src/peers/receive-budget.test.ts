// Who is held and who is ended when unfinished messages take too much together.
import { describe, expect, it } from 'vitest'
import { ReceiveBudget, type Receiving } from './receive-budget.ts'

function fixture(maxBytes = 100) {
  const budget = new ReceiveBudget(maxBytes)
  const log: string[] = []
  const peer = (name: string): Receiving => ({
    hold: () => void log.push(`hold ${name}`),
    release: () => void log.push(`release ${name}`),
    overBudget: (held, most) => void log.push(`end ${name}: ${held} of ${most}`),
  })
  return { budget, log, peer }
}

describe('the budget of unfinished messages', () => {
  it('lets up to its bytes be held, and at one past holds the slowest', () => {
    const { budget, log, peer } = fixture()
    const [slow, quick] = [peer('slow'), peer('quick')]
    budget.set(slow, 40, 0, 10)
    budget.set(quick, 60, 9, 10)
    expect(log).toEqual([])
    budget.set(quick, 61, 9, 11)
    expect(log).toEqual(['hold slow'])
    expect(budget.bytes).toBe(101)
  })

  it('ends whom it holds when the others go on, and then holds the next slowest where that wasn’t enough', () => {
    const { budget, log, peer } = fixture()
    const [slow, middle, quick] = [peer('slow'), peer('middle'), peer('quick')]
    budget.set(slow, 10, 0, 20)
    budget.set(middle, 45, 0, 20)
    budget.set(quick, 50, 19, 20)
    expect(log).toEqual(['hold slow'])
    budget.set(quick, 60, 19, 21)
    expect(log).toEqual(['hold slow', 'end slow: 10 of 100', 'hold middle'])
    expect(budget.bytes).toBe(105)
  })

  it('lets whom it holds go on when others are done, or gone', () => {
    for (const leave of [
      (budget: ReceiveBudget, quick: Receiving) => budget.set(quick, 0, 9, 12),
      (budget: ReceiveBudget, quick: Receiving) => budget.delete(quick),
    ]) {
      const { budget, log, peer } = fixture()
      const [slow, quick] = [peer('slow'), peer('quick')]
      budget.set(slow, 40, 0, 10)
      budget.set(quick, 61, 9, 10)
      leave(budget, quick)
      expect(log).toEqual(['hold slow', 'release slow'])
      expect(budget.bytes).toBe(40)
    }
  })

  it('forgets who is gone, also while it is held', () => {
    const { budget, log, peer } = fixture()
    const [slow, quick] = [peer('slow'), peer('quick')]
    budget.set(slow, 40, 0, 10)
    budget.set(quick, 61, 9, 10)
    budget.delete(slow)
    budget.delete(slow)
    budget.set(quick, 100, 9, 20)
    expect(log).toEqual(['hold slow'])
    expect(budget.bytes).toBe(100)
  })
})
