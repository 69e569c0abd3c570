import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'

describe('base64 for URLs', () => {
  it('is what Node makes of any bytes, and is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(bytes)
      }),
    )
  })

  it.each(['A', 'AAAAA', 'AB==', 'A+', 'A/', 'AB', 'AAB', 'ä'])('refuses %j', (text) => {
    expect(() => fromBase64Url(text)).toThrow(TypeError)
  })
})
