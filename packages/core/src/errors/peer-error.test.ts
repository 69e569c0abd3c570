// The one form of an error: a line that no stranger can break, and JSON whose keys stay.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiscReason } from './disc-reason.ts'
import { causeText, isPeerError, PeerError, thrownFields } from './peer-error.ts'

/** What a log or a terminal takes for the end of a line, or for a command. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/

describe('the one-line form', () => {
  it('is that of the removal line, without a cause', () => {
    const error = new PeerError('remote disconnect reason', DiscReason.tooManyPeers, 'Peer.run got a remote DiscReason')
    expect(String(error)).toBe(
      'PeerError(code=remote disconnect reason, reason=too many peers, err=<nil>, message=Peer.run got a remote DiscReason)',
    )
  })

  it('holds the text of the cause', () => {
    const cause = new Error('connection reset')
    const error = new PeerError('link lost', DiscReason.networkError, 'reading failed', { cause })
    expect(String(error)).toBe(
      'PeerError(code=link lost, reason=network error, err=connection reset, message=reading failed)',
    )
    expect(error.cause).toBe(cause)
  })

  it('holds a cause that is one itself, whole', () => {
    const cause = new PeerError('bad mac', DiscReason.breachOfProtocol, 'the tag of a header is wrong')
    expect(String(new PeerError('dial failed', DiscReason.networkError, 'no use', { cause }))).toBe(
      'PeerError(code=dial failed, reason=network error, err=PeerError(code=bad mac, reason=breach of protocol, ' +
        'err=<nil>, message=the tag of a header is wrong), message=no use)',
    )
  })

  it.each([
    ['line breaks', 'a\r\nb\nc', 'a b c'],
    ['commands of terminals', 'a\u001b[2Jb\u0007', 'a [2Jb '],
    ['null bytes', 'a\u0000b', 'a b'],
    ['breaks of Unicode', 'a\u2028b\u2029c\u0085d', 'a b c d'],
    ['turns of direction', 'a\u202eb\u2066c\ufeffd', 'a b c d'],
    ['halves of characters', 'a\ud83db', 'a b'],
    ['a forged line', 'x\n[ERROR] [01-01|00:00:00.000] all is lost', 'x [ERROR] [01-01|00:00:00.000] all is lost'],
  ])('has no %s, in message and cause', (_, hostile, shown) => {
    const error = new PeerError('invalid message', DiscReason.breachOfProtocol, hostile, { cause: new Error(hostile) })
    expect(String(error)).toBe(
      `PeerError(code=invalid message, reason=breach of protocol, err=${shown}, message=${shown})`,
    )
  })

  it('shows 512 characters of a message and of a cause, and that there were more', () => {
    const whole = 'x'.repeat(512)
    const cause = new Error(`${whole}y`)
    const error = new PeerError('handler failed', DiscReason.subprotocolError, `${whole}yy`, { cause })
    expect(String(error)).toBe(
      `PeerError(code=handler failed, reason=subprotocol error, err=${whole}…, message=${whole}…)`,
    )
    expect(causeText(whole)).toBe(whole)
    expect(error.message).toHaveLength(514)
  })

  it('is one line, whatever the texts are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(
      fc.property(text, fc.option(fc.oneof(text, fc.anything())), (message, cause) => {
        const error = new PeerError('handler failed', DiscReason.subprotocolError, message, { cause })
        expect(String(error)).not.toMatch(CONTROL)
        expect(causeText(cause)).not.toMatch(CONTROL)
      }),
    )
  })

  it('holds any reason that a remote can send', () => {
    for (const [reason, text] of [
      [0x0c, 'unknown disconnect reason 12'],
      [0xff, 'invalid disconnect reason'],
      [2 ** 53 - 1, 'unknown disconnect reason 9007199254740991'],
      [2n ** 64n - 1n, 'unknown disconnect reason 18446744073709551615'],
    ] as const) {
      expect(String(new PeerError('remote disconnect reason', reason, 'x'))).toContain(`, reason=${text}, `)
    }
  })
})

describe('the text of what was thrown', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('broken'), 'broken'],
    ['an error without message', new RangeError(), 'RangeError'],
    ['an error whose message is a number', Object.assign(new Error(), { message: 5 }), '5'],
    ['text', 'broken', 'broken'],
    ['a number', 5, '5'],
    ['a symbol', Symbol('broken'), 'Symbol(broken)'],
    ['null', null, 'null'],
    ['an object without text', Object.create(null), 'a value without text'],
    [
      'an object whose text throws',
      {
        toString: () => {
          throw new Error('again')
        },
      },
      'a value without text',
    ],
  ])('of %s', (_, thrown, text) => {
    expect(causeText(thrown)).toBe(text)
  })
})

describe('JSON', () => {
  it('has its keys in order, and a cause only where there is one', () => {
    const error = new PeerError('dial failed', DiscReason.networkError, 'nobody\nlistens', {
      cause: new Error('why\n'),
    })
    expect(JSON.stringify(error)).toBe(
      '{"code":"dial failed","reason":1,"reasonText":"network error","message":"nobody\\nlistens","cause":"why "}',
    )
    expect(JSON.stringify(new PeerError('bad mac', DiscReason.breachOfProtocol, 'x'))).toBe(
      '{"code":"bad mac","reason":2,"reasonText":"breach of protocol","message":"x"}',
    )
  })

  it('has a reason past 2^53 - 1 as decimal text', () => {
    const json = JSON.parse(JSON.stringify(new PeerError('remote disconnect reason', 2n ** 64n - 1n, 'x'))) as object
    expect(json).toEqual({
      code: 'remote disconnect reason',
      reason: '18446744073709551615',
      reasonText: 'unknown disconnect reason 18446744073709551615',
      message: 'x',
    })
  })
})

describe('being one', () => {
  it.each([-1, 1.5, NaN, Infinity, -1n])('takes a reason that can be told, not %s', (reason) => {
    expect(() => new PeerError('bad mac', reason, 'x')).toThrow(`a reason is a whole number from 0, not ${reason}`)
  })

  it('is told from other errors, and from what only looks like one', () => {
    expect(isPeerError(new PeerError('bad mac', 2, 'x'))).toBe(true)
    for (const other of [
      new Error('x'),
      { name: 'PeerError', code: 'bad mac', reason: 2 },
      undefined,
      null,
      'PeerError',
    ]) {
      expect(isPeerError(other)).toBe(false)
    }
  })

  it('has a name that survives minification, and a stack', () => {
    const error = new PeerError('bad mac', 2, 'x')
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.message, typeof error.stack]).toEqual(['PeerError', 'x', 'string'])
  })
})

describe('what a log is told of something thrown', () => {
  it('is bounded, also where the message is all that a stranger sent, and says where it was thrown', () => {
    const { err, stack } = thrownFields(new Error('x'.repeat(1_000_000)))
    expect(err.length).toBeLessThan(600)
    expect(stack!.length).toBeLessThanOrEqual(1200)
    expect(stack).toContain('peer-error.test.ts')
  })

  it('has no stack where nothing was that has one', () => {
    expect(thrownFields('broken')).toEqual({ err: 'broken', stack: undefined })
  })
})
