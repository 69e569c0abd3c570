// How flags are read, and what is said of those that can't be.
import { describe, expect, it } from 'vitest'
import { type FlagTable, readFlags, wholeNumber } from './flags.ts'
import { UsageError } from './usage-error.ts'

const TABLE: FlagTable = {
  listen: { value: 'URL', many: true, help: '' },
  'max-peers': { value: 'N', help: '' },
  json: { help: '' },
}

describe('readFlags', () => {
  it('gives values in order, switches and words', () => {
    const given = readFlags(['--listen', 'a', 'word', '--json', '--listen=b', '--max-peers=3'], TABLE)
    expect(given.values('listen')).toEqual(['a', 'b'])
    expect(given.value('max-peers')).toBe('3')
    expect(given.has('json')).toBe(true)
    expect(given.words).toEqual(['word'])
    expect(given.has('help')).toBe(false)
    expect(readFlags(['-h'], TABLE).has('help')).toBe(true)
  })

  it.each([
    [['--lisen', 'x'], 'unknown flag --lisen; did you mean --listen?'],
    [['--max-peer=3'], 'unknown flag --max-peer; did you mean --max-peers?'],
    [['--quite-another'], 'unknown flag --quite-another'],
    [['--constructor'], 'unknown flag --constructor'],
    [['-x'], 'unknown flag -x'],
    [['--listen'], '--listen needs a value: --listen URL'],
    [['--listen', '--json'], '--listen needs a value: --listen URL'],
    [['--listen='], '--listen needs a value: --listen URL'],
    [['--json=yes'], '--json takes no value'],
    [['--max-peers', '1', '--max-peers', '2'], '--max-peers was given twice'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => readFlags(args, TABLE)).toThrow(new UsageError(message))
  })
})

describe('wholeNumber', () => {
  it('takes both ends of its range and nothing past them', () => {
    expect([wholeNumber('n', '1', 1, 9), wholeNumber('n', '9', 1, 9)]).toEqual([1, 9])
    for (const text of ['0', '10', '-1', '1.5', '1e0', '0x1', ' 1', '', '9'.repeat(30)]) {
      expect(() => wholeNumber('n', text, 1, 9)).toThrow(`--n must be a whole number from 1 to 9, not "${text}"`)
    }
  })
})
