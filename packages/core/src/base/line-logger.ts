// The one form that lines of a log have. Loaded on use: a page without a logger has no lines.
import { checkOptions } from './check-options.ts'
import type { Clock } from './clock.ts'
import { LOG_LEVELS } from './log.ts'
import type { LogFields, Logger, LogLevel } from './log.ts'

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

/** One line in the form that go-ethereum's users know. */
export function formatLine(level: LogLevel, wallMs: number, message: string, fields: LogFields = {}): string {
  const iso = new Date(wallMs).toISOString()
  const time = `${iso.slice(5, 10)}|${iso.slice(11, 23)}`
  let line = `[${level.toUpperCase()}] [${time}] ${message}`
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) line += ` ${key}=${quote(String(value))}`
  return line
}

// Control characters, breaks and quotes of strangers must not forge a line; JSON escapes only some of them.
function quote(text: string): string {
  if (text !== '' && !/[\s"=\p{C}\p{Zl}\p{Zp}]/u.test(text)) return text
  return JSON.stringify(text).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (hidden) => `\\u${hidden.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
