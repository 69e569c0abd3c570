// What a logger is.

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
