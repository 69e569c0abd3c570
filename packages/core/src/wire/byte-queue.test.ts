// Chunks in, lengths out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../base/bytes.ts'
import { ByteQueue } from './byte-queue.ts'

describe('a byte queue', () => {
  it('gives back the bytes in order, whatever the chunks and the reads', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(60), { minLength: 1 }), (pushed, lengths) => {
        const queue = new ByteQueue()
        const taken: Uint8Array[] = []
        let turn = 0
        for (const chunk of pushed) {
          queue.push(chunk)
          taken.push(queue.take(lengths[turn++ % lengths.length]!))
        }
        while (queue.length > 0) taken.push(queue.take(7))
        expect(queue.length).toBe(0)
        expect(concatBytes(...taken)).toEqual(concatBytes(...pushed))
      }),
    )
  })

  it('gives views, never more than lies together', () => {
    const queue = new ByteQueue()
    const chunk = Uint8Array.of(1, 2, 3, 4)
    queue.push(chunk)
    queue.push(Uint8Array.of(5))
    expect(queue.take(3).buffer).toBe(chunk.buffer)
    expect(queue.take(3)).toEqual(Uint8Array.of(4))
    expect(queue.length).toBe(1)
    expect(queue.take(0)).toHaveLength(0)
    expect(queue.take(3)).toEqual(Uint8Array.of(5))
    expect(queue.take(1)).toHaveLength(0)
  })

  it('takes a hundred thousand small chunks in time that grows with their number', () => {
    const queue = new ByteQueue()
    for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i & 0xff))
    let wrong = 0
    for (let i = 0; i < 100_000; i++) if (queue.take(9)[0] !== (i & 0xff)) wrong++
    expect(wrong).toBe(0)
    expect(queue.length).toBe(0)
  })
})
