// Reasons of close frames fit them.
import { describe, expect, it } from 'vitest'
import { closeReason } from './close-codes.ts'

describe('closeReason', () => {
  it('cuts at 123 bytes and never within a character', () => {
    expect(closeReason('short')).toBe('short')
    expect(closeReason('x'.repeat(123))).toHaveLength(123)
    expect(closeReason('x'.repeat(124))).toHaveLength(123)
    expect(closeReason(`${'x'.repeat(122)}é`)).toBe('x'.repeat(122))
  })
})
