// What a logger is, and the one form its lines have.
import type { Clock } from './clock.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Values of a line in the order they are printed. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>

/** Where lines go. `console` or a logging library fits after a few lines of glue. */
export interface Logger {
  /** Whether a line of this level would be used; spares the making of it. */
  enabled(level: LogLevel): boolean
  log(level: LogLevel, message: string, fields?: LogFields): void
}

/** Drops everything. */
export const silentLogger: Logger = { enabled: () => false, log: () => undefined }

export interface LineLoggerOptions {
  readonly clock: Clock
  /** Least level that is written; default `info`. */
  readonly level?: LogLevel | undefined
  readonly write: (line: string, level: LogLevel) => void
}

/** A logger that writes `[LEVEL] [MM-DD|hh:mm:ss.mmm] message key=value …`, times in UTC. */
export function createLineLogger({ clock, level = 'info', write }: LineLoggerOptions): Logger {
  const least = LOG_LEVELS.indexOf(level)
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
