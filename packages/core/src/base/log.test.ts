// The form of a line, and that no value can break it.
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { formatLine } from './line-format.ts'
import { createLineLogger } from './line-logger.ts'
import { LOG_LEVELS, silentLogger } from './log.ts'
import type { LogLevel } from './log.ts'

const WALL_MS = Date.UTC(2023, 7, 28, 16, 33, 40, 205)

describe('a line', () => {
  it('has its level, time, message and fields, in order and without what is undefined', () => {
    const fields = { peercount: 0, url: 'enode://d399f4b...@1.2.3.4:30303', none: undefined, big: 2n ** 64n, yes: true }
    expect(formatLine('info', WALL_MS, 'New peer', fields)).toBe(
      '[INFO] [08-28|16:33:40.205] New peer peercount=0 url=enode://d399f4b...@1.2.3.4:30303 big=18446744073709551616 yes=true',
    )
  })

  it.each([
    ['spaces', 'too many peers', '"too many peers"'],
    ['quotes', 'a"b', '"a\\"b"'],
    ['an equals sign', 'a=b', '"a=b"'],
    ['nothing', '', '""'],
    ['a line break', 'a\r\nb', '"a\\r\\nb"'],
    ['a command of terminals', '\u001b[2J', '"\\u001b[2J"'],
    ['a command in one character', '\u009b2J', '"\\u009b2J"'],
    ['a deleted character', 'a\u007fb', '"a\\u007fb"'],
    ['turns of direction', 'a\u202eb', '"a\\u202eb"'],
    ['an invisible character past 16 bits', 'a\u{e0001}b', '"a\\ue0001b"'],
    ['breaks of Unicode', 'a\u2028b\u2029c\u0085d', '"a\\u2028b\\u2029c\\u0085d"'],
  ])('quotes a value with %s', (_, value, shown) => {
    expect(formatLine('warn', WALL_MS, 'Test', { value })).toBe(`[WARN] [08-28|16:33:40.205] Test value=${shown}`)
  })
})

describe('a logger of lines', () => {
  it.each(LOG_LEVELS)('of level %s writes that level and those above it', (level) => {
    const written: LogLevel[] = []
    const logger = createLineLogger({ clock: createManualClock(), level, write: (_, own) => written.push(own) })
    for (const own of LOG_LEVELS) logger.log(own, 'Test')
    expect(written).toEqual(LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)))
    expect(LOG_LEVELS.filter((own) => logger.enabled(own))).toEqual(written)
  })

  it('that is silent wants nothing', () => {
    for (const level of LOG_LEVELS) expect(silentLogger.enabled(level)).toBe(false)
    silentLogger.log('error', 'Test')
  })
})
