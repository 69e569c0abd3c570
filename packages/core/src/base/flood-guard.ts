// Counts a flood of the same line instead of repeating it.
import type { Clock } from './clock.ts'
import type { LogFields, Logger, LogLevel } from './log.ts'

/** Lines of one message that are written in a window; what is past it is counted. */
const BURST = 20
/** Length of a window in milliseconds. */
const WINDOW_MS = 1000
/** Different messages that are watched; they are our own texts, so there are few. */
const MAX_MESSAGES = 256

interface Window {
  startMs: number
  written: number
  suppressed: number
}

/**
 * A logger that writes at most 20 lines of one message a second; the next one after that says how many were left
 * out.
 */
export function guardFloods(logger: Logger, clock: Clock): Logger {
  const windows = new Map<string, Window>()
  return {
    enabled: (level) => logger.enabled(level),
    log: (level: LogLevel, message: string, fields?: LogFields) => {
      if (!logger.enabled(level)) return
      const now = clock.now()
      const window = windows.get(message)
      if (!window || now - window.startMs >= WINDOW_MS) {
        if (windows.size < MAX_MESSAGES || window) windows.set(message, { startMs: now, written: 1, suppressed: 0 })
        const suppressed = window?.suppressed ?? 0
        return logger.log(level, message, suppressed > 0 ? { ...fields, suppressed } : fields)
      }
      if (window.written >= BURST) window.suppressed++
      else {
        window.written++
        logger.log(level, message, fields)
      }
    },
  }
}
