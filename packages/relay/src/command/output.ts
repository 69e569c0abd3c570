// Where a command's words go: lines for people or one JSON object a line on standard output, logs on standard error.
import { type Clock, createLineLogger, isPeerError, type Logger, type LogLevel } from '@peerwire/core'

export type EventFields = Readonly<Record<string, unknown>>

export interface Output {
  readonly json: boolean
  /** One object a line with `--json`; nothing without. */
  event(name: string, fields: EventFields): void
  /** A line for people; nothing with `--json`. */
  text(line: string): void
}

/** Writes to standard output. */
export function createOutput(json: boolean, write: (text: string) => void): Output {
  return {
    json,
    event: (name, fields) => {
      if (json) write(`${JSON.stringify({ event: name, ...fields }, safeValue)}\n`)
    },
    text: (line) => {
      if (!json) write(`${line}\n`)
    },
  }
}

function safeValue(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** Keeps events back until `release`, so that others can be printed before them. */
export function holdEvents(output: Output): { readonly output: Output; release(): void } {
  let waiting: (() => void)[] | undefined = []
  return {
    output: {
      json: output.json,
      event: (name, fields) => {
        if (waiting) waiting.push(() => output.event(name, fields))
        else output.event(name, fields)
      },
      text: (line) => output.text(line),
    },
    release: () => {
      const now = waiting ?? []
      waiting = undefined
      for (const print of now) print()
    },
  }
}

/** A logger whose lines go to standard error. */
export function createStderrLogger(level: LogLevel, clock: Clock, warn: (line: string) => void): Logger {
  return createLineLogger({ clock, level, write: warn })
}

/** One line for anything that was thrown. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const code = isPeerError(error) && !text.startsWith(error.code) ? `${error.code}: ` : ''
  // eslint-disable-next-line no-control-regex
  return `${code}${text}`.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}
