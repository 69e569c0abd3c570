// Whatever strangers write, at whatever level the log is: no line breaks, no commands of terminals, none longer
// than a few lines.
import { describe, expect } from 'vitest'
import { createLineLogger, encodeRlp, systemClock } from '@peerwire/core'
import type { LogLevel } from '@peerwire/core'
import { BaseCode } from '@peerwire/core/rlpx'
import { GOODBYES } from './support/goodbyes.ts'
import { it } from './support/it.ts'
import { CAPABILITIES, Code } from './support/target.ts'

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']

/** What a terminal takes for a command, or a reader for the end of a line. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/
const LINE = /^\[(TRACE|DEBUG|INFO|WARN|ERROR)\] \[\d\d-\d\d\|\d\d:\d\d:\d\d\.\d{3}\] [A-Z]/
const MOST_CHARACTERS = 2000

/** Hello has room for 2 KiB of it. */
const NAMES = [
  'x\r\n[ERROR] [01-01|00:00:00.000] all is lost',
  '\u001b[2J\u001b[31mred\u0007\u009b31m',
  'turned \u202e around \u2066 and \u2028 broken \u2029 up\u0085',
  '"quoted" key=value \\',
  'long '.repeat(350),
  '\u{1f600}'.repeat(400),
]

describe.each(LEVELS)('a log of level %s', (level) => {
  it('holds every goodbye, before and after Hello, on one line', async ({ startTarget: start }) => {
    const lines: string[] = []
    const logger = createLineLogger({ clock: systemClock, level, write: (line) => lines.push(line) })
    const target = await start({ logger })
    for (const [, payload] of GOODBYES) {
      const early = await target.session()
      early.sendRaw(BaseCode.disconnect, payload)
      await target.failureOf(early)
      const peer = await target.greeted()
      peer.sendRaw(BaseCode.disconnect, payload)
      await target.removalOf(peer)
    }
    expectReadable(lines)
    const removals = lines.filter((line) => line.includes(' Removing p2p peer '))
    expect(removals.length > 0).toBe(level === 'trace')
    await target.expectUnharmed()
  })

  it('holds every name and error on one line', async ({ startTarget: start }) => {
    const lines: string[] = []
    const logger = createLineLogger({ clock: systemClock, level, write: (line) => lines.push(line) })
    const acts = Object.fromEntries(
      NAMES.map((name, i) => [
        String(i),
        () => {
          throw new Error(name)
        },
      ]),
    )
    const target = await start({ logger, acts })
    for (const [i, name] of NAMES.entries()) {
      const attacker = await target.session()
      const { publicKey } = attacker.keys
      attacker.sendRaw(BaseCode.hello, encodeRlp([5, name, CAPABILITIES.map((c) => [c.name, c.version]), 0, publicKey]))
      await attacker.messages.first('Hello', ({ code }) => code === BaseCode.hello)
      attacker.send(Code.act, encodeRlp(String(i)))
      await target.removalOf(attacker)
    }
    expectReadable(lines)
    await target.expectUnharmed()
  })
})

function expectReadable(lines: readonly string[]): void {
  for (const line of lines) {
    expect(line).toMatch(LINE)
    expect(line).not.toMatch(CONTROL)
    expect(line.length).toBeLessThan(MOST_CHARACTERS)
  }
}
