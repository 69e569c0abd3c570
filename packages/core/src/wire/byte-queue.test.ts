// Chunks in, lengths out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../base/bytes.ts'
import { ByteQueue } from './byte-queue.ts'

describe('a byte queue', () => {
  it('gives back the bytes in order, whatever the chunks and the reads', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(60), { minLength: 1 }), fc.boolean(), (pushed, lengths, exact) => {
        const queue = new ByteQueue()
        const taken: Uint8Array[] = []
        let turn = 0
        for (const chunk of pushed) {
          queue.push(chunk)
          const length = lengths[turn++ % lengths.length]!
          const piece = exact ? queue.read(length) : queue.take(length)
          if (piece) taken.push(piece)
        }
        taken.push(queue.read(queue.length)!)
        expect(queue.length).toBe(0)
        expect(concatBytes(...taken)).toEqual(concatBytes(...pushed))
      }),
    )
  })

  it('gives a view where the bytes lie together and nothing while too few wait', () => {
    const queue = new ByteQueue()
    const chunk = Uint8Array.of(1, 2, 3, 4)
    queue.push(chunk)
    expect(queue.read(5)).toBeUndefined()
    expect(queue.read(2)!.buffer).toBe(chunk.buffer)
    queue.push(Uint8Array.of(5))
    expect(queue.read(3)).toEqual(Uint8Array.of(3, 4, 5))
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

  it('forgets everything when cleared', () => {
    const queue = new ByteQueue()
    queue.push(Uint8Array.of(1))
    queue.clear()
    expect(queue.length).toBe(0)
    expect(queue.take(1)).toHaveLength(0)
  })
})
