// The logger of a node that is given none: errors go to the console, which is loaded when there is one.
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'

/** Drops everything but errors. Of one kind, at most one a second is written. */
export function errorsToConsole(clock: Clock): Logger {
  let opened: Promise<Logger> | undefined
  return {
    enabled: (level) => level === 'error',
    log: (level, message, fields) => {
      if (level !== 'error') return
      opened ??= import('./console-errors.ts').then(({ consoleErrors }) => consoleErrors(clock))
      void opened.then((logger) => logger.log(level, message, fields))
    },
  }
}
