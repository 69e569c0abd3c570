// What reaches the console, how often, and that no stranger's text looks like a line of ours.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { consoleErrors } from './console-errors.ts'
import { consoleLogger } from './console-logger.ts'

const written: [level: string, text: string][] = []

beforeEach(() => {
  written.length = 0
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((text: string) => void written.push([level, text]))
  }
})
afterEach(() => void vi.restoreAllMocks())

const clock = () => createManualClock({ wallStartMs: Date.UTC(2023, 7, 28, 16, 33, 40, 205) })

describe('the logger of the console', () => {
  it('writes lines of its level and above where the console keeps them', () => {
    const logger = consoleLogger('info', clock())
    logger.log('debug', 'Test', { n: 1 })
    logger.log('info', 'Test', { n: 2 })
    logger.log('warn', 'Test')
    expect(written).toEqual([
      ['info', '[INFO] [08-28|16:33:40.205] Test n=2'],
      ['warn', '[WARN] [08-28|16:33:40.205] Test'],
    ])
    expect(['debug', 'info'].map((level) => logger.enabled(level as 'info'))).toEqual([false, true])
  })

  it('writes a stack below its line, and nothing of it can pass for a line or a command', () => {
    const stack = 'Error: a\n[ERROR] [01-01|00:00:00.000] forged\u001b[2J\r\n    at f (file:1:1)'
    consoleLogger('info', clock()).log('error', 'a handler failed', { err: 'a', stack })
    expect(written).toEqual([
      [
        'error',
        '[ERROR] [08-28|16:33:40.205] a handler failed err=a\n' +
          '    Error: a\n    [ERROR] [01-01|00:00:00.000] forged [2J \n        at f (file:1:1)',
      ],
    ])
  })
})

describe('errors on the console', () => {
  const stackAt = (place: string, text = 'x'): string => `Error: ${text}\n    at f (${place})\n    at g (file:9:9)`

  it('are written once a second for each message and place, whatever their texts are', () => {
    const time = clock()
    const logger = consoleErrors(time)
    for (let i = 0; i < 50; i++) {
      logger.log('error', 'a handler failed', { err: `${i}`, stack: stackAt('file:1:1', `${i}`) })
      logger.log('error', 'a handler failed', { err: `${i}`, stack: stackAt('file:2:1') })
      logger.log('error', 'another kind', { err: `${i}` })
    }
    logger.log('warn', 'a handler failed')
    expect(written).toHaveLength(3)
    time.advance(1000)
    logger.log('error', 'a handler failed', { stack: stackAt('file:1:1') })
    expect(written).toHaveLength(4)
  })

  it('are bounded in their kinds, too', () => {
    const logger = consoleErrors(clock())
    for (let i = 0; i < 1000; i++) logger.log('error', 'a handler failed', { stack: stackAt(`file:${i}`) })
    expect(written).toHaveLength(64)
  })
})
