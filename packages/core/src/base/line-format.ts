// The one form that lines of a log have. Stands alone: it is loaded on use, and takes nothing along.
import type { LogFields, LogLevel } from './log.ts'

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
