// The packages stay small in a page: every documented entry is within its budget.
import { describe, expect, it } from 'vitest'
import { measure } from '../../scripts/lib/measure.mjs'
import { BUDGETS } from '../../scripts/size-budgets.mjs'
describe('the size in a page', () => {
  it.each(BUDGETS)('of $name is at most $bytes bytes of brotli', async (budget) => {
    const { brotli } = await measure(budget)
    expect(brotli).toBeLessThanOrEqual(budget.bytes)
  })
})
