// What a refusal says, and what of it is believed: its text comes from a stranger, unproven and unencrypted.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiscReason } from '../errors/disc-reason.ts'
import { cutReason, readRefusal, type Refusal } from './refusal.ts'
import { RefusalCode, refusalText } from './refusal-text.ts'

function read(text: string, code: number = RefusalCode.throttled) {
  const error = readRefusal(code, text)
  return error && { ...(error.cause as Refusal), message: error.message }
}

describe('the text of a refusal', () => {
  it('has a name, seconds and words', () => {
    expect(refusalText('throttled', 'slower', 3)).toBe('throttled; retry=3; slower')
    expect(refusalText('declined', 'the address is banned')).toBe('declined; the address is banned')
    expect(refusalText('absent', 'never', 0)).toBe('absent; retry=0; never')
  })

  it('has at most 123 bytes, and is never cut within a character', () => {
    expect(refusalText('full', 'x'.repeat(116), 3)).toHaveLength(123)
    expect(cutReason('x'.repeat(123))).toHaveLength(123)
    expect(cutReason('x'.repeat(124))).toHaveLength(123)
    expect(cutReason(`${'x'.repeat(122)}é`)).toBe('x'.repeat(122))
    expect(cutReason(`${'x'.repeat(120)}😀`)).toBe('x'.repeat(120))
  })

  it('is read as it was written', () => {
    const word = fc.stringMatching(/^[a-z][a-z ]{0,20}[a-z]$/)
    fc.assert(
      fc.property(word, word, fc.option(fc.nat(86_400), { nil: undefined }), (name, words, seconds) => {
        const retryAfterMs = seconds === 0 ? Infinity : seconds && seconds * 1000
        expect(read(refusalText(name, words, seconds))).toEqual({ name, retryAfterMs, message: `${name}: ${words}` })
      }),
    )
  })
})

describe('a close code and its reason', () => {
  it('are a refusal from 4400 to 4599, known or not, and nothing else is one', () => {
    for (const code of [4400, 4477, 4599]) expect(readRefusal(code, 'x; y')?.code).toBe('relay refused')
    for (const code of [1000, 1006, 1013, 3000, 4000, 4399, 4600, 4999, NaN]) {
      expect(readRefusal(code, 'throttled; retry=1; x')).toBeUndefined()
    }
  })

  it('have as their reason too many peers when it was too much, so that policy knows', () => {
    expect(readRefusal(RefusalCode.throttled, 'full; x')?.reason).toBe(DiscReason.tooManyPeers)
    expect(readRefusal(RefusalCode.declined, 'declined; x')?.reason).toBe(DiscReason.requested)
  })

  it.each<[string, string, string, number | undefined, string]>([
    ['nothing', '', 'refused', undefined, 'refused: close code 4429'],
    ['a name alone', 'full', 'full', undefined, 'full: close code 4429'],
    ['words with semicolons', 'full; retry=2; a; b; retry=9', 'full', 2_000, 'full: a; b; retry=9'],
    ['no spaces', 'full;retry=2;words', 'full', 2_000, 'full: words'],
    ['never', 'full; retry=000; words', 'full', Infinity, 'full: words'],
    ['a negative wait', 'full; retry=-1; words', 'full', undefined, 'full: retry=-1; words'],
    ['a broken wait', 'full; retry=1.5; words', 'full', undefined, 'full: retry=1.5; words'],
    ['a wait in another notation', 'full; retry=1e9', 'full', undefined, 'full: retry=1e9'],
    ['a huge wait', `full; retry=${'9'.repeat(100)}; w`, 'full', 86_400_000, 'full: w'],
    ['a day and a second', 'full; retry=86401; w', 'full', 86_400_000, 'full: w'],
    ['digits of another script', 'full; retry=٣; w', 'full', undefined, 'full: retry=٣; w'],
    ['lines and commands', 'full\n; retry=1; a\r\nb\u001b[2J\u202e\u0000c', 'full', 1_000, 'full: a b [2J c'],
    ['semicolons alone', ';;;', 'refused', undefined, 'refused: ;;'],
  ])('with %s', (_, text, name, retryAfterMs, message) => {
    expect(read(text)).toEqual({ name, retryAfterMs, message })
  })

  it('that are longer than a close frame holds are cut', () => {
    expect(read(`full; retry=1; ${'x'.repeat(1_000_000)}`)?.message).toHaveLength('full: '.length + 123 - 15)
  })

  it('never throw, and give one line and a wait of at least a second', () => {
    const parts = fc.constantFrom(';', ' ', 'retry=', '0', '9', '-', 'x', 'é', '\n', '\0', '\u202e', '\ud83d', '\u2028')
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 200 }), fc.integer({ min: 4400, max: 4599 }), (text, code) => {
        const { name, retryAfterMs = 1000, message } = read(text.join(''), code)!
        expect(`${name}${message}`).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        expect(retryAfterMs).toBeGreaterThanOrEqual(1000)
      }),
    )
  })
})
