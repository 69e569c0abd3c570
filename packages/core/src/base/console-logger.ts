// Lines on the console of a page or a program; the only file that says `console`.
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { createLineLogger } from './line-logger.ts'
import type { LogFields, Logger, LogLevel } from './log.ts'

/** Begins each line of a stack: what a stranger put into a message can't pass for a line of the log. */
const INDENT = '    '
/** Between two lines of one kind, in milliseconds. */
const PAUSE_MS = 1000
/** Kinds told apart in that time; texts of strangers could make more. */
const MAX_KINDS = 64

/**
 * A logger that writes to the console, for `createNode({ logger: consoleLogger('debug') })`. The stack of an error of
 * the user's own code is printed below its line.
 *
 * @param level - least level that is written; default `info`
 */
export function consoleLogger(level: LogLevel = 'info', clock: Clock = systemClock): Logger {
  const lines = createLineLogger({ clock, level, write: (line, of) => console[of](line) })
  return {
    enabled: lines.enabled,
    log: (of, message, { stack, ...fields }: LogFields = {}) => {
      if (stack === undefined) return lines.log(of, message, fields)
      const write = (line: string): void => console[of](`${line}\n${indented(String(stack))}`)
      createLineLogger({ clock, level, write }).log(of, message, fields)
    },
  }
}

/**
 * Errors alone, at most one of a kind in a second: what is used where a program gives no logger. A kind is a message
 * and the place in the program that threw.
 */
export function consoleErrors(clock: Clock): Logger {
  const { enabled, log } = consoleLogger('error', clock)
  const written = new Map<string, number>()
  return {
    enabled,
    log: (level, message, fields) => {
      const now = clock.now()
      for (const [kind, atMs] of written) if (now - atMs >= PAUSE_MS) written.delete(kind)
      const kind = `${message} ${placeOf(String(fields?.['stack']))}`
      if (written.has(kind) || written.size >= MAX_KINDS) return
      written.set(kind, now)
      log(level, message, fields)
    },
  }
}

// The first frame, as V8, Firefox and Safari write them.
function placeOf(stack: string): string | undefined {
  return stack.split('\n').find((line) => /^\s*at |@/.test(line))
}

function indented(stack: string): string {
  const lines = stack.split('\n').map((line) => INDENT + line.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' '))
  return lines.join('\n')
}
