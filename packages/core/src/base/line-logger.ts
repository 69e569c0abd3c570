// A logger that writes lines. Loaded on use: a page without a logger has no lines.
import { checkOptions } from './check-options.ts'
import type { Clock } from './clock.ts'
import { formatLine } from './line-format.ts'
import { LOG_LEVELS } from './log.ts'
import type { Logger, LogLevel } from './log.ts'

export interface LineLoggerOptions {
  readonly clock: Clock
  /** Least level that is written; default `info`. */
  readonly level?: LogLevel | undefined
  readonly write: (line: string, level: LogLevel) => void
}

const KINDS = { clock: 'thing', level: 'other', write: 'call' } as const

/** A logger that writes `[LEVEL] [MM-DD|hh:mm:ss.mmm] message key=value …`, times in UTC. */
export function createLineLogger(options: LineLoggerOptions): Logger {
  const { clock, level = 'info', write } = checkOptions('createLineLogger', options, KINDS)
  const least = LOG_LEVELS.indexOf(level)
  if (least < 0) throw new TypeError(`the level of a logger is one of ${LOG_LEVELS.join(', ')}, not ${level}`)
  const enabled = (asked: LogLevel): boolean => LOG_LEVELS.indexOf(asked) >= least
  return {
    enabled,
    log: (asked, message, fields) => {
      if (enabled(asked)) write(formatLine(asked, clock.wallNow(), message, fields), asked)
    },
  }
}
