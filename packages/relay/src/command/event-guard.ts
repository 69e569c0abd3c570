// Holds events that strangers cause to a rate, as the log does with its lines, and counts what it leaves out.
import { type Clock, guardFloods } from '@peerwire/core'
import type { EventFields, Output } from './output.ts'

export interface EventGuard {
  /** Writes at most 20 events of one name and code a second; the next one has how many were left out, `suppressed`. */
  readonly output: Output
  /** Writes the event `suppressed` with what no later event told of, by name. */
  flush(): void
}

export function guardEvents(output: Output, clock: Clock): EventGuard {
  const left = new Map<string, number>()
  let current: { readonly name: string; readonly fields: EventFields } | undefined
  // The log's own guard, with events in place of lines.
  const guard = guardFloods(
    {
      enabled: () => true,
      log: (_, key, told) => {
        const { name, fields } = current!
        left.delete(key)
        output.event(name, told?.['suppressed'] === undefined ? fields : { ...fields, suppressed: told['suppressed'] })
      },
    },
    clock,
  )
  return {
    output: {
      json: output.json,
      event: (name, fields) => {
        const key = keyOf(name, fields)
        left.set(key, (left.get(key) ?? 0) + 1)
        current = { name, fields }
        guard.log('info', key)
      },
      text: (line) => output.text(line),
    },
    flush: () => {
      const counts: Record<string, number> = {}
      for (const [key, count] of left) {
        const [name] = key.split(' ', 1)
        counts[name!] = (counts[name!] ?? 0) + count
      }
      left.clear()
      if (Object.keys(counts).length > 0) output.event('suppressed', { count: sum(counts), events: counts })
    },
  }
}

// A flood of one kind of failure doesn't hide another; these codes are our own words, so there are few.
function keyOf(name: string, { code }: EventFields): string {
  return typeof code === 'string' ? `${name} ${code}` : name
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
