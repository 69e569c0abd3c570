// A thousand equal lines become twenty and a number.
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { guardFloods } from './flood-guard.ts'
import type { LogFields } from './log.ts'

describe('the flood guard', () => {
  it('writes the first lines of a flood and then how many it left out', () => {
    const lines: [string, LogFields | undefined][] = []
    const clock = createManualClock()
    const logger = guardFloods(
      { enabled: () => true, log: (_, text, fields) => void lines.push([text, fields]) },
      clock,
    )
    for (let i = 0; i < 1000; i++) logger.log('info', 'Lost peer', { i })
    logger.log('info', 'another')
    expect(lines).toHaveLength(21)
    clock.advance(1000)
    logger.log('info', 'Lost peer', { i: 1000 })
    expect(lines.at(-1)).toEqual(['Lost peer', { i: 1000, suppressed: 980 }])
    logger.log('info', 'Lost peer', { i: 1001 })
    expect(lines.at(-1)).toEqual(['Lost peer', { i: 1001 }])
  })
})
