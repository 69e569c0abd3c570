// What can't be written is counted, told once, and said first when there is room again.
import { createManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { LineSink } from './line-sink.ts'

function makeSink() {
  const clock = createManualClock()
  const written: string[] = []
  const told: string[] = []
  const target = {
    error: undefined as string | undefined,
    waitingBytes: 0,
    write: (text: string, done: (error?: unknown) => void): void => {
      if (target.error === undefined) written.push(text)
      done(target.error === undefined ? undefined : Object.assign(new Error('broken'), { code: target.error }))
    },
  }
  const sink = new LineSink({ target, clock, resumed: (count) => `left out ${count}\n` })
  sink.onFailure = ({ reason, isGone }) => void told.push(`${reason}${isGone ? ', gone' : ''}`)
  return { clock, sink, target, told, written }
}

describe('a sink of lines', () => {
  it('goes on when a full disk has room again, and says how many lines are missing', () => {
    const { clock, sink, target, told, written } = makeSink()
    sink.write('a\n')
    target.error = 'ENOSPC'
    for (let i = 0; i < 1000; i++) sink.write(`${i}\n`)
    target.error = undefined
    sink.write('too soon\n')
    clock.advance(1000)
    sink.write('b\n')
    sink.write('c\n')
    expect(written).toEqual(['a\n', 'left out 1001\nb\n', 'c\n'])
    expect([sink.dropped, told]).toEqual([1001, ['the disk is full']])
  })

  it('never tries again when its reader has gone', () => {
    const { clock, sink, target, told, written } = makeSink()
    target.error = 'ENOSPC'
    sink.write('a\n')
    clock.advance(1000)
    target.error = 'EPIPE'
    sink.write('b\n')
    target.error = undefined
    clock.advance(10_000)
    sink.write('c\n')
    expect([written, sink.dropped, sink.failure?.isGone]).toEqual([[], 3, true])
    expect(told).toEqual(['the disk is full', 'nobody reads it any more, gone'])
  })

  it('holds 4 MiB for a reader that takes nothing, and no more where it may drop', () => {
    const { clock, sink, target, told, written } = makeSink()
    target.waitingBytes = 4 * 1024 * 1024 + 1
    sink.write('result\n')
    expect(written.splice(0)).toEqual(['result\n'])
    sink.dropsWhenSlow = true
    target.waitingBytes--
    sink.write('a\n')
    target.waitingBytes++
    sink.write('b\n')
    target.waitingBytes = 0
    clock.advance(1000)
    sink.write('c\n')
    expect([written, told]).toEqual([['a\n', 'left out 1\nc\n'], ['its reader is too slow']])
  })
})
