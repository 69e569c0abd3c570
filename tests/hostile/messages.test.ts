// What a peer may send that no honest one does: codes, sizes, compression and frames. Its reason is told, nobody
// else is hurt.
import { describe, expect } from 'vitest'
import { concatBytes, DiscReason, encodeRlp } from '@peerwire/core'
import type { DiscReason as Reason, PeerErrorCode } from '@peerwire/core'
import { BaseCode, EMPTY_LIST, encodeHello } from '@peerwire/core/rlpx'
import type { Attacker } from './support/attacker.ts'
import { createKeyPair } from './support/attacker.ts'
import { GOODBYES } from './support/goodbyes.ts'
import { it } from './support/it.ts'
import { CAPABILITIES, Code, SMALL_BYTES } from './support/target.ts'
import type { Target } from './support/target.ts'
import { within } from './support/wait.ts'

const BREACH = DiscReason.breachOfProtocol

async function expectEnded(
  target: Target,
  attacker: Attacker,
  code: PeerErrorCode,
  reason: Reason = BREACH,
): Promise<void> {
  expect(await target.removalOf(attacker)).toMatchObject({ error: { code, reason }, remoteRequested: false })
  expect(await attacker.told()).toBe(reason)
  await target.expectUnharmed()
}

/** A string of bytes as RLP. */
function string(length: number): Uint8Array {
  return encodeRlp(new Uint8Array(length).fill(0x99))
}

/** A length as snappy declares it, and nothing of what it declares. */
function declared(length: number): Uint8Array {
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 128)) digits.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
  return Uint8Array.from(digits)
}

interface Row {
  readonly title: string
  readonly code: PeerErrorCode
  readonly attack: (attacker: Attacker) => void
}

function sent(title: string, code: PeerErrorCode, wireCode: number, payload: Uint8Array): Row {
  return { title, code, attack: (attacker) => attacker.send(wireCode, payload) }
}

/** Sent as it is, where compressed bytes belong. */
function raw(title: string, code: PeerErrorCode, wireCode: number, payload: Uint8Array): Row {
  return { title, code, attack: (attacker) => attacker.sendRaw(wireCode, payload) }
}

const ROWS: readonly Row[] = [
  sent('a code that its protocol leaves free', 'invalid message code', Code.nobodys, EMPTY_LIST),
  sent('a code past all protocols', 'invalid message code', Code.past, EMPTY_LIST),
  sent('the code 127', 'invalid message code', 0x7f, EMPTY_LIST),
  sent('the code 128', 'invalid message code', 0x80, EMPTY_LIST),
  sent('the code 2^32 - 1', 'invalid message code', 2 ** 32 - 1, EMPTY_LIST),
  sent('a message one byte past its limit', 'too big message', Code.small, string(SMALL_BYTES - 2)),
  sent('a message of 16 MiB', 'too big message', Code.small, new Uint8Array(2 ** 24 - 100)),
  sent('a ping of 2,049 bytes', 'too big message', BaseCode.ping, new Uint8Array(2049)),
  sent('a reserved code with 2,049 bytes', 'too big message', 4, new Uint8Array(2049)),
  raw(
    '7 bytes that declare 1 GiB',
    'too big message',
    Code.big,
    concatBytes(declared(2 ** 30), Uint8Array.of(0, 0xc0)),
  ),
  raw('a declaration of 2^32 - 1', 'too big message', Code.big, declared(2 ** 32 - 1)),
  raw('a declaration without end', 'invalid message', Code.big, new Uint8Array(64).fill(0xff)),
  raw('8 bytes that declare what they can’t become', 'invalid message', Code.big, declared(10_000_000)),
  raw('a message that is not compressed', 'invalid message', Code.small, Uint8Array.of(0xc1, 0x05)),
  raw('a message of no byte', 'invalid message', Code.small, new Uint8Array(0)),
  raw('a compressed message that is shorter than declared', 'invalid message', Code.small, Uint8Array.of(4)),
  raw('one that is longer', 'invalid message', Code.small, Uint8Array.of(1, 4, 1, 1)),
  raw('one that copies from before its start', 'invalid message', Code.small, Uint8Array.of(8, 0, 0xc0, 0x15, 9)),
  raw('one that copies from 0 back', 'invalid message', Code.small, Uint8Array.of(5, 0, 0xc0, 0x01, 0)),
  raw('a second Hello that is not compressed', 'too big message', BaseCode.hello, helloOf(createKeyPair().publicKey)),
]

function helloOf(publicKey: Uint8Array): Uint8Array {
  return encodeHello({ name: 'second', capabilities: CAPABILITIES, listenPort: 0, publicKey })
}

describe('a peer ends with', () => {
  it.for(ROWS)('$title: $code', async ({ attack, code }, { target }) => {
    const attacker = await target.greeted()
    attack(attacker)
    await expectEnded(target, attacker, code)
    expect(target.received.all).toEqual([])
  })

  it.for([
    ['header', 3],
    ['tag of the header', 17],
    ['body', 33],
    ['tag of the body', -1],
  ] as const)('a frame altered in its %s: bad mac', async ([, at], { target }) => {
    const attacker = await target.greeted()
    const frame = attacker.codec.seal(Code.small, string(20))
    const place = at < 0 ? frame.length + at : at
    frame[place] = frame[place]! ^ 0x80
    attacker.write(frame)
    await expectEnded(target, attacker, 'bad mac')
    expect(target.received.all).toEqual([])
  })

  it('a frame sent twice: bad mac', async ({ target }) => {
    const attacker = await target.greeted()
    const frame = attacker.codec.seal(Code.small, string(20))
    attacker.write(frame, frame)
    await expectEnded(target, attacker, 'bad mac')
    expect(target.received.all).toHaveLength(1)
  })

  it('a message too big by what its first 48 bytes say: too big message', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.write(attacker.codec.sealCompressed(Code.small, new Uint8Array(1_000_000)).subarray(0, 48))
    await expectEnded(target, attacker, 'too big message')
  })

  it('bytes that are no frame: bad mac', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.write(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    await expectEnded(target, attacker, 'bad mac')
  })
})

describe('a peer lives on after', () => {
  it('a message of just its limit', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.send(Code.small, string(SMALL_BYTES - 3))
    await target.received.first('the message')
    await expectAnswered(attacker)
    await target.expectUnharmed()
  })

  it('every reserved code from 0x04 to 0x0f, whatever it carries', async ({ target }) => {
    const attacker = await target.greeted()
    for (let code = 0x04; code <= 0x0f; code++) {
      for (const payload of [EMPTY_LIST, new Uint8Array(0), new Uint8Array(2048).fill(0xff)])
        attacker.send(code, payload)
    }
    await expectAnswered(attacker)
    await target.expectUnharmed()
  })

  it('a second Hello, and is whom it was', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.sendRaw(BaseCode.hello, attacker.codec.compressPayload(helloOf(createKeyPair().publicKey)))
    await expectAnswered(attacker)
    expect(target.peerOf(attacker).name).toBe('attacker')
    await target.expectUnharmed()
  })

  it('pongs that nobody asked for, and pings and pongs that carry something', async ({ target }) => {
    const attacker = await target.greeted()
    for (const payload of [EMPTY_LIST, new Uint8Array(0), Uint8Array.of(0xff), new Uint8Array(2048)]) {
      attacker.send(BaseCode.pong, payload)
      attacker.send(BaseCode.ping, payload)
    }
    await expectAnswered(attacker)
    await target.expectUnharmed()
  })

  it('frames in single bytes', async ({ target }) => {
    const attacker = await target.greeted()
    for (const byte of attacker.codec.seal(Code.small, string(50))) attacker.write(Uint8Array.of(byte))
    await target.received.first('the message')
    await expectAnswered(attacker)
  })
})

/** Asks `echo`; whatever was sent before has been read when the answer is there. */
async function expectAnswered(attacker: Attacker): Promise<void> {
  const question = encodeRlp([77, Uint8Array.of(1, 2, 3)])
  attacker.send(Code.echo, question)
  const answer = await attacker.messages.first('an answer', ({ code }) => code === Code.echoed)
  expect(answer?.payload).toEqual(question)
}

describe('a goodbye of a peer', () => {
  it.for(GOODBYES)('is understood: %s', async ([, payload, reason], { target }) => {
    const attacker = await target.greeted()
    attacker.sendRaw(BaseCode.disconnect, payload)
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { code: 'remote disconnect reason', reason },
      remoteRequested: true,
    })
    expect(await attacker.told()).toBeUndefined()
    await target.expectUnharmed()
  })

  it('is the end: nothing that follows it is read', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.write(
      attacker.codec.seal(BaseCode.disconnect, encodeRlp([4])),
      attacker.codec.seal(Code.small, string(1)),
      attacker.codec.seal(Code.past, EMPTY_LIST),
    )
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { code: 'remote disconnect reason', reason: DiscReason.tooManyPeers },
    })
    await within('the end of the link', attacker.closed)
    expect(target.received.all).toEqual([])
    await target.expectUnharmed()
  })

  it('of 2,049 bytes is too big', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.sendRaw(BaseCode.disconnect, new Uint8Array(2049))
    await expectEnded(target, attacker, 'too big message')
  })
})
