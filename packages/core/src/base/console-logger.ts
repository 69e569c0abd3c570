// A logger that writes lines on the console of a page or a program.
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { writeToConsole } from './console-errors.ts'
import { createLineLogger } from './line-logger.ts'
import type { Logger, LogLevel } from './log.ts'

/**
 * A logger that writes to the console, for `createNode({ logger: consoleLogger('debug') })`. The stack of an error of
 * the user's own code is printed below its line.
 *
 * @param level - least level that is written; default `info`
 */
export function consoleLogger(level: LogLevel = 'info', clock: Clock = systemClock): Logger {
  const { enabled } = createLineLogger({ clock, level, write: () => undefined })
  return {
    enabled,
    log: (of, message, fields) => {
      if (enabled(of)) writeToConsole(clock, of, message, fields)
    },
  }
}
