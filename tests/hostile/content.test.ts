// What strangers put into messages that a protocol decodes: bombs of RLP, questions without sense, answers
// nobody asked for.
import { describe, expect } from 'vitest'
import { concatBytes, DiscReason, encodeRlp } from '@peerwire/core'
import type { PeerErrorCode, RlpInput } from '@peerwire/core'
import { rounds } from '../support/counts.ts'
import { costOf } from './support/cost.ts'
import { it } from './support/it.ts'
import { BIG_BYTES, Code, protocol } from './support/target.ts'

const MIB = 1024 * 1024
/** Most memory and time that one message of 10 MiB may take; of its kind, a bomb takes gigabytes and minutes. */
const MOST_BYTES = 200 * MIB
const MOST_STALL_MS = 5000

/** `length` content bytes as one list. */
function listOf(content: Uint8Array): Uint8Array {
  const { length } = content
  return concatBytes(Uint8Array.of(0xfa, length >> 16, (length >> 8) & 0xff, length & 0xff), content)
}

/** Lists within each other, as many as `bytes` hold. */
function nested(bytes: number): Uint8Array {
  const output = new Uint8Array(bytes)
  let at = bytes
  for (let inner = 0; ; inner = bytes - at) {
    const header =
      inner < 56
        ? [0xc0 + inner]
        : inner < 2 ** 8
          ? [0xf8, inner]
          : inner < 2 ** 16
            ? [0xf9, inner >> 8, inner & 0xff]
            : [0xfa, inner >> 16, (inner >> 8) & 0xff, inner & 0xff]
    if (at < header.length) return output.subarray(at)
    at -= header.length
    output.set(header, at)
  }
}

/** Room for the header of a list. */
const FULL = BIG_BYTES - 4

const BOMBS: readonly (readonly [string, () => Uint8Array])[] = [
  ['10 MiB of empty lists', () => listOf(new Uint8Array(FULL).fill(0xc0))],
  ['10 MiB of empty strings', () => listOf(new Uint8Array(FULL).fill(0x80))],
  ['10 MiB of 1-byte items', () => listOf(new Uint8Array(FULL).fill(0x05))],
  ['10 MiB of lists within lists', () => nested(BIG_BYTES)],
  ['lists 10,000 deep', () => nested(30_000)],
  ['10 MiB of lists of a list', () => listOf(pattern(FULL, [0xc1, 0xc0]))],
  ['10 MiB of bytes that are no list', () => new Uint8Array(BIG_BYTES).fill(0x7f)],
  ['a list that says it has 2^64 - 1 bytes', () => Uint8Array.of(0xff, ...new Uint8Array(8).fill(0xff), 1, 2, 3)],
  ['a list that says it has 16 MiB', () => Uint8Array.of(0xfa, 0xff, 0xff, 0xff, 1, 2, 3)],
]

function pattern(length: number, unit: readonly number[]): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => unit[i % unit.length]!)
}

describe('a message that a codec decodes', () => {
  const ways = [
    ['for a handler', Code.big, BOMBS],
    // The same decoder: the short run shows the first few.
    ['for nobody', Code.ignored, BOMBS.slice(0, rounds(3, BOMBS.length))],
  ] as const
  for (const [whom, code, bombs] of ways) {
    it.for(bombs)(`${whom}, of %s, costs little and ends its sender`, async ([, bomb], { target }) => {
      const attacker = await target.greeted()
      const frame = attacker.codec.seal(code, bomb())
      const cost = await costOf(async () => {
        attacker.write(frame)
        expect(await target.removalOf(attacker)).toMatchObject({
          error: { code: 'invalid message', reason: DiscReason.breachOfProtocol },
        })
      })
      expect(cost.peakBytes).toBeLessThan(MOST_BYTES)
      expect(cost.stallMs).toBeLessThan(MOST_STALL_MS)
      expect(await attacker.told()).toBe(DiscReason.breachOfProtocol)
      expect(target.received.all).toEqual([])
      await target.expectUnharmed()
    })
  }

  it('of 65,535 items passes', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.send(Code.big, listOf(pattern(2 * 65_535, [0x81, 0x85])))
    await target.received.first('the message')
    await target.expectUnharmed()
  })
})

/** What stands for `[id, body]`. */
const ENVELOPES: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['an empty list', encodeRlp([])],
  ['an id alone', encodeRlp([1])],
  ['three items', encodeRlp([1, 'a', 'b'])],
  ['an id of 9 bytes', encodeRlp([new Uint8Array(9).fill(1), 'a'])],
  ['an id with a leading zero', encodeRlp([Uint8Array.of(0), 'a'])],
  ['a list as its id', encodeRlp([[1], 'a'])],
  ['a list where bytes belong', encodeRlp([1, ['a']])],
  ['bytes after it', concatBytes(encodeRlp([1, 'a']), Uint8Array.of(0))],
]

describe('a question', () => {
  it.for(ENVELOPES)('of %s ends its sender', async ([, payload], { target }) => {
    const attacker = await target.greeted()
    attacker.send(Code.echo, payload)
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { code: 'invalid message', reason: DiscReason.breachOfProtocol },
    })
    expect(await attacker.told()).toBe(DiscReason.breachOfProtocol)
    await target.expectUnharmed()
  })

  it('with the greatest id, with id 0, and twice with the same id is answered each time', async ({ target }) => {
    const attacker = await target.greeted()
    const questions = [2n ** 64n - 1n, 0, 5, 5].map((id, i) => encodeRlp([id, Uint8Array.of(i)] as RlpInput))
    for (const question of questions) attacker.send(Code.echo, question)
    const answers = await attacker.messages.count('Hello and four answers', 1 + questions.length)
    expect(answers.slice(1).map(({ payload }) => payload)).toEqual(questions)
  })
})

describe('an answer', () => {
  /** What nobody asked for is let pass so many times. */
  const STRAYS = 16

  it('that nobody asked for is dropped, until it is one too many', async ({ target }) => {
    const attacker = await target.greeted()
    for (let i = 0; i < STRAYS; i++) attacker.send(Code.echoed, encodeRlp([i, 'unasked']))
    attacker.send(Code.echo, encodeRlp([9, 'still here?']))
    await attacker.messages.first('an answer', ({ code }) => code === Code.echoed)
    attacker.send(Code.echoed, encodeRlp([99, 'unasked']))
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'unexpected answer' } })
    expect(await attacker.told()).toBe(DiscReason.breachOfProtocol)
    await target.expectUnharmed()
  })

  it.for<readonly [string, number, RlpInput, PeerErrorCode]>([
    ['with the code of another answer', Code.ask + 1, 'x', 'unexpected answer'],
    ['that its codec can’t read', Code.echoed, [['x']], 'invalid message'],
  ])('%s ends its sender, and whoever asked is told', async ([, code, body, expected], { target }) => {
    const attacker = await target.greeted()
    const asked = target.peerOf(attacker).request(protocol, 'echo', Uint8Array.of(1))
    asked.catch(() => undefined)
    const question = await attacker.messages.first('the question', (message) => message.code === Code.echo)
    // The id is the first item of the question.
    const id = question!.payload.subarray(1, -1)
    attacker.send(code, concatBytes(Uint8Array.of(0xc0 + id.length + encodeRlp(body).length), id, encodeRlp(body)))
    await expect(asked).rejects.toMatchObject({ code: expected })
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: expected } })
    await target.expectUnharmed()
  })
})
