// A value as one line of a JSON list, with a checksum of its own: damage to a file of such lines costs single ones.
import { crc32 } from './crc32.ts'

const LINE = /^\["([0-9a-f]{8})",(.*)\],?$/

/** The line, without the comma and the break after it. */
export function checkedLine(value: unknown): string {
  // JSON of ASCII alone: then a byte is a character, and a damaged byte never makes another one of its neighbours.
  const json = JSON.stringify(value).replace(/[^ -~]/g, escapeCharacter)
  return `["${crc32(json)!}",${json}]`
}

/** The object of a line, with or without a comma; `undefined` when it is damaged, or no such line. */
export function readCheckedLine(line: string): Record<string, unknown> | undefined {
  const match = LINE.exec(line)
  if (!match || crc32(match[2]!) !== match[1]) return undefined
  try {
    const value: unknown = JSON.parse(match[2]!)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // its checksum is right: another program wrote it
  }
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
