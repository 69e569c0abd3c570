import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isBytes } from './bytes.ts'
import { checkOptions, readLimits } from './check-options.ts'

interface Options {
  readonly count?: unknown
  readonly wait?: unknown
  readonly text?: unknown
  readonly call?: unknown
  readonly list?: unknown
  readonly key?: unknown
  readonly flag?: unknown
}

const KINDS = {
  count: 'count',
  wait: 'limit',
  text: 'text',
  call: 'call',
  list: 'list',
  key: 'bytes',
  flag: 'flag',
} as const

const check = (options: Options) => () => checkOptions('make', options, KINDS)

describe('options', () => {
  it('are what they are, undefined too', () => {
    const options: Options = {
      count: 0,
      wait: Infinity,
      text: '',
      call: undefined,
      list: [],
      key: new Uint8Array(2),
      flag: false,
    }
    expect(check(options)()).toBe(options)
    expect(check({})()).toEqual({})
    expect(check({ elsewhere: undefined } as Options)).not.toThrow()
  })

  it.each<[Options, string]>([
    [{ count: NaN }, 'count of make must be a whole number, not NaN'],
    [{ count: -1 }, 'count of make must be a whole number, not -1'],
    [{ count: 1.5 }, 'count of make must be a whole number, not 1.5'],
    [{ count: '8' }, 'count of make must be a whole number, not "8"'],
    [{ count: null }, 'count of make must be a whole number, not null'],
    [{ count: Infinity }, 'count of make must be a whole number, not Infinity'],
    [{ wait: 0 }, 'wait of make must be a whole number from 1 or Infinity, not 0'],
    [{ text: 1 }, 'text of make must be a string, not 1'],
    [{ call: {} }, 'call of make must be a function, not an object'],
    [{ list: 'a' }, 'list of make must be an array, not "a"'],
    [{ key: [1] }, 'key of make must be a Uint8Array, not an array'],
    [{ flag: 0 }, 'flag of make must be true or false, not 0'],
    [{ cuont: 1 } as Options, 'make has no option cuont; there are count, wait, text, call, list, key, flag'],
    [{ constructor: 1 } as Options, 'make has no option constructor'],
  ])('%j is a TypeError', (options, text) => {
    expect(check(options)).toThrow(TypeError)
    expect(check(options)).toThrow(text)
  })

  it.each([[undefined], [null], [5], ['text']])('must be an object, not %j', (options) => {
    expect(() => checkOptions('make', options as unknown as Options, KINDS)).toThrow('make takes options as an object')
  })
})

describe('limits', () => {
  const DEFAULTS = { waitMs: 5, bytes: 10 }

  it('stand in for defaults, undefined ones not', () => {
    expect(readLimits('make', DEFAULTS, undefined)).toEqual(DEFAULTS)
    expect(readLimits('make', DEFAULTS, { waitMs: undefined as unknown as number, bytes: 7 })).toEqual({
      waitMs: 5,
      bytes: 7,
    })
    expect(readLimits('make', DEFAULTS, { waitMs: 0 }, ['waitMs']).waitMs).toBe(0)
    expect(DEFAULTS).toEqual({ waitMs: 5, bytes: 10 })
  })

  it.each<[object, string]>([
    [{ waitMs: '5' }, 'limits.waitMs of make must be a whole number from 1 or Infinity, not "5"'],
    [{ bytes: 0 }, 'limits.bytes of make'],
    [{ byte: 1 }, 'make has no option limits.byte; there are waitMs, bytes'],
  ])('%j is a TypeError', (limits, text) => {
    expect(() => readLimits('make', DEFAULTS, limits)).toThrow(TypeError)
    expect(() => readLimits('make', DEFAULTS, limits)).toThrow(text)
  })
})

describe('bytes', () => {
  it('are known by what they are, whatever realm made them', () => {
    expect(isBytes(runInNewContext('new Uint8Array(3)'))).toBe(true)
    expect(isBytes(runInNewContext('new (class Own extends Uint8Array {})(3)'))).toBe(true)
    expect(isBytes(Buffer.alloc(1))).toBe(true)
  })

  it.each([
    ['an array', [1]],
    ['another view', new Uint16Array(1)],
    ['clamped bytes', new Uint8ClampedArray(1)],
    ['a buffer', new ArrayBuffer(1)],
    ['a view of one', new DataView(new ArrayBuffer(1))],
    ['what calls itself so', { [Symbol.toStringTag]: 'Uint8Array' }],
    ['what inherits', Object.create(Uint8Array.prototype)],
    ['nothing', undefined],
  ])('%s are none', (_, value) => {
    expect(isBytes(value)).toBe(false)
  })
})
