// Reading an HTTP answer: whole within its bound, and ended at once past it.
import { describe, expect, it } from 'vitest'
import { readBoundedText } from './bounded-text.ts'

const CHUNK = 1000

/** A body that gives parts of 1,000 bytes for as long as it is asked, and what became of it. */
function endless(headers: Record<string, string> = {}) {
  const seen = { parts: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        seen.parts++
        controller.enqueue(new Uint8Array(CHUNK).fill(32))
      },
      cancel: () => void (seen.isCancelled = true),
    },
    { highWaterMark: 0 },
  )
  return { seen, answer: new Response(body, { headers }) }
}

describe('the text of an answer', () => {
  it.each([
    ['none', null, ''],
    ['empty', '', ''],
    ['some', 'abc', 'abc'],
    ['as long as it may be', 'x'.repeat(CHUNK), 'x'.repeat(CHUNK)],
    ['of more bytes than characters', 'é'.repeat(CHUNK / 2), 'é'.repeat(CHUNK / 2)],
  ])('is read: %s', async (_, body, text) => {
    expect(await readBoundedText(new Response(body), CHUNK)).toBe(text)
  })

  it('is read where a character lies in two parts', async () => {
    const [first, second] = [Uint8Array.of(0xc3), Uint8Array.of(0xa9, 0x21)]
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const part of [first, second]) controller.enqueue(part)
        controller.close()
      },
    })
    expect(await readBoundedText(new Response(body), 3)).toBe('é!')
  })

  it.each([
    ['one byte too much', 'x'.repeat(CHUNK + 1)],
    ['as many characters of more bytes', 'é'.repeat(CHUNK / 2 + 1)],
  ])('is refused: %s', async (_, body) => {
    const reading = readBoundedText(new Response(body), CHUNK)
    await expect(reading).rejects.toThrow(new RangeError('an answer of more than 1000 bytes'))
  })

  it('without end is read up to its bound and then cancelled', async () => {
    const { seen, answer } = endless()
    await expect(readBoundedText(answer, 5 * CHUNK)).rejects.toThrow(/more than 5000 bytes/)
    expect(seen).toEqual({ parts: 6, isCancelled: true })
  })

  it('that says beforehand that it is too long is not read at all', async () => {
    const { seen, answer } = endless({ 'content-length': '5001' })
    await expect(readBoundedText(answer, 5 * CHUNK)).rejects.toThrow(/more than 5000 bytes/)
    expect(seen).toEqual({ parts: 0, isCancelled: true })
  })

  it('that never goes on ends with its signal, whoever serves it', async () => {
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) })
    const end = new AbortController()
    const reading = readBoundedText(new Response(body), CHUNK, end.signal)
    end.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    expect(isCancelled).toBe(true)
  })
})
