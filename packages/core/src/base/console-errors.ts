// Errors on the console of a page or a program; the only file that says `console`. Stands alone but for the form of a
// line: it is loaded on use, and takes nothing along.
import type { Clock } from './clock.ts'
import { formatLine } from './line-format.ts'
import type { LogFields, Logger, LogLevel } from './log.ts'

/** Begins each line of a stack: what a stranger put into a message can't pass for a line of the log. */
const INDENT = '    '
/** Between two lines of one kind, in milliseconds. */
const PAUSE_MS = 1000
/** Kinds told apart in that time; texts of strangers could make more. */
const MAX_KINDS = 64

/** Writes a line, and a stack below it. */
export function writeToConsole(clock: Clock, level: LogLevel, message: string, fields: LogFields = {}): void {
  const { stack, ...others } = fields
  const line = formatLine(level, clock.wallNow(), message, others)
  console[level](stack === undefined ? line : `${line}\n${indented(String(stack))}`)
}

/**
 * Errors alone, at most one of a kind in a second: what is used where a program gives no logger. A kind is a message
 * and the place in the program that threw.
 */
export function consoleErrors(clock: Clock): Logger {
  const written = new Map<string, number>()
  return {
    enabled: (level) => level === 'error',
    log: (level, message, fields) => {
      if (level !== 'error') return
      const now = clock.now()
      for (const [kind, atMs] of written) if (now - atMs >= PAUSE_MS) written.delete(kind)
      const kind = `${message} ${placeOf(String(fields?.['stack']))}`
      if (written.has(kind) || written.size >= MAX_KINDS) return
      written.set(kind, now)
      writeToConsole(clock, level, message, fields)
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
