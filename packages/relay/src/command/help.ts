// Help texts, made from the same tables that flags are read by.
import { COMMON_FLAGS, type FlagTable } from './flags.ts'

const WIDTH = 100
const INDENT = 2

export interface HelpParts {
  /** What follows `peerwire `. */
  readonly usage: string
  readonly about: string
  readonly flags: FlagTable
  /** Lines under the flags. */
  readonly more?: readonly string[]
}

/** The text that `--help` prints. */
export function helpText({ usage, about, flags, more = [] }: HelpParts): string {
  const rows = Object.entries({ ...flags, ...COMMON_FLAGS }).map(([name, { value, optional, many, help }]): Row => [
    `--${name}${value ? ` ${value}` : ''}${optional ? `[=${optional}]` : ''}`,
    many ? `${help} (may be repeated)` : help,
  ])
  const parts = [`Usage: peerwire ${usage}`, wrap(about, WIDTH).join('\n'), table(rows)]
  if (more.length > 0) parts.push(more.join('\n'))
  return `${parts.join('\n\n')}\n`
}

type Row = readonly [left: string, right: string]

/** Two columns, the right one wrapped. */
export function table(rows: readonly Row[]): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 2 * INDENT
  return rows
    .map(([text, about]) => {
      const [first = '', ...rest] = wrap(about, WIDTH - left)
      const lines = [
        `${' '.repeat(INDENT)}${text}`.padEnd(left) + first,
        ...rest.map((line) => ' '.repeat(left) + line),
      ]
      return lines.join('\n')
    })
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
