// The packages stay small in a page: every documented entry is within its goal, or the limit that holds until then.
import { describe, expect, it } from 'vitest'
import { measure } from '../../scripts/lib/measure.mjs'
import { BUDGETS } from '../../scripts/size-budgets.mjs'

describe('the size in a page', () => {
  it.each(BUDGETS)('of $name has not grown', async (budget) => {
    const { brotli } = await measure(budget)
    expect(brotli).toBeLessThanOrEqual(budget.limit ?? budget.bytes)
  })

  it.each(BUDGETS)('of $name has no limit below its goal', ({ bytes, limit }) => {
    expect(limit ?? bytes).toBeGreaterThanOrEqual(bytes)
  })
})
