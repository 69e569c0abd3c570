// What is read of a TXT record's text, and what reading it costs.
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../../tests/support/cpu.ts'
import { joinStrings } from './txt-strings.ts'

describe('the text of a TXT record', () => {
  it.each([
    ['enr:x', 'enr:x'],
    ['', ''],
    ['"enr:x"', 'enr:x'],
    ['"enr:" "x" "y\\"z"', 'enr:xy"z'],
    ['"a" left out "b"', 'ab'],
    ['"back\\\\slash" "\\', 'back\\slash'],
    ['"not closed', 'not closed'],
    ['"', ''],
  ])('%s is %s', (data, text) => {
    expect(joinStrings(data)).toBe(text)
  })

  // To look for a string's end from each quote anew took minutes for these.
  it.each([
    ['escaped quotes', (count: number) => `"${'\\"'.repeat(count)}`],
    ['empty strings', (count: number) => '"'.repeat(2 * count + 1)],
  ])('costs no more per character where it is long: %s', (_, make) => {
    const data = make(500_000)
    expect(cpuMs(() => joinStrings(data))).toBeLessThan(2000)
  })
})
