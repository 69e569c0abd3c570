// What strangers send in place of Hello: each is refused with its reason, which the remote is told, and frees
// its place.
import { describe, expect } from 'vitest'
import { concatBytes, DiscReason, encodeRlp } from '@peerwire/core'
import type { PeerErrorCode, RlpInput } from '@peerwire/core'
import { BaseCode, EMPTY_LIST, encodeHello } from '@peerwire/core/rlpx'
import { createKeyPair } from './support/attacker.ts'
import type { Attacker } from './support/attacker.ts'
import { BAD_KEYS } from './support/bad-keys.ts'
import { GOODBYES } from './support/goodbyes.ts'
import { it } from './support/it.ts'
import { CAPABILITIES } from './support/target.ts'
import { within } from './support/wait.ts'

/** The payload of a Hello whose parts may be anything. */
function hello(
  { keys }: Attacker,
  { capabilities = [['target', 1]], publicKey = keys.publicKey }: { capabilities?: RlpInput; publicKey?: Uint8Array },
): Uint8Array {
  return encodeRlp([5, 'attacker', capabilities, 0, publicKey])
}

const BREACH = DiscReason.breachOfProtocol

interface Row {
  readonly title: string
  readonly attack: (attacker: Attacker) => void
  readonly code: PeerErrorCode
  readonly reason: DiscReason
}

/** One message in place of Hello. */
function row(
  title: string,
  code: PeerErrorCode,
  reason: DiscReason,
  payloadOf: (attacker: Attacker) => Uint8Array,
): Row {
  return { title, code, reason, attack: (attacker) => attacker.sendRaw(BaseCode.hello, payloadOf(attacker)) }
}

const HELLOS: readonly Row[] = [
  row('that claims another identity', 'protocol handshake failed', DiscReason.unexpectedIdentity, (attacker) =>
    hello(attacker, { publicKey: createKeyPair().publicKey }),
  ),
  ...BAD_KEYS.map(([title, publicKey]) =>
    row(
      `whose key is none, ${title}`,
      'protocol handshake failed',
      title === 'zero' ? DiscReason.invalidIdentity : DiscReason.unexpectedIdentity,
      (attacker) => hello(attacker, { publicKey }),
    ),
  ),
  row('whose key is a byte short', 'protocol handshake failed', DiscReason.invalidIdentity, (attacker) =>
    hello(attacker, { publicKey: attacker.keys.publicKey.subarray(1) }),
  ),
  row('that shares no protocol', 'disconnect reason', DiscReason.uselessPeer, (attacker) =>
    hello(attacker, { capabilities: [['target', 2]] }),
  ),
  row('with 129 capabilities', 'protocol handshake failed', BREACH, (attacker) =>
    hello(attacker, { capabilities: Array.from({ length: 129 }, (_, i) => ['a', i]) }),
  ),
  row('with a number where capabilities belong', 'invalid message', BREACH, (attacker) =>
    hello(attacker, { capabilities: 7 }),
  ),
  row('that is cut', 'invalid message', BREACH, (attacker) => hello(attacker, {}).subarray(0, 60)),
  row('of lists within lists', 'invalid message', BREACH, () => encodeRlp(nest(300))),
  row('of 1,900 empty lists', 'invalid message', BREACH, () => encodeRlp(Array.from({ length: 1900 }, () => []))),
  row('of one byte', 'invalid message', BREACH, () => Uint8Array.of(0)),
  row('of no byte', 'invalid message', BREACH, () => new Uint8Array(0)),
  row('that is compressed', 'invalid message', BREACH, (attacker) => {
    attacker.codec.enableSnappy()
    return attacker.codec.compressPayload(hello(attacker, {}))
  }),
  row('of 2,049 bytes', 'too big message', BREACH, () => new Uint8Array(2049)),
]

function nest(depth: number): RlpInput {
  let item: RlpInput = []
  for (let i = 1; i < depth; i++) item = [item]
  return item
}

describe('a Hello', () => {
  it.for(HELLOS)('$title is refused', async ({ attack, code, reason }, { target }) => {
    const attacker = await target.session()
    attack(attacker)
    expect(await target.failureOf(attacker)).toMatchObject({
      publicKey: attacker.keys.publicKey,
      error: { code, reason },
    })
    expect(await attacker.told()).toBe(reason)
    expect(target.removals.all).toEqual([])
    await target.expectUnharmed()
  })

  it('may come in single bytes, and with whatever a later version adds', async ({ target }) => {
    const attacker = await target.session()
    const more = encodeRlp([99, 'later', [['target', 1, 'more']], 0, attacker.keys.publicKey, 'more', [[]]])
    for (const byte of attacker.codec.seal(BaseCode.hello, concatBytes(more, Uint8Array.of(1, 2, 3)))) {
      attacker.write(Uint8Array.of(byte))
    }
    expect(await attacker.messages.first('Hello')).toMatchObject({ code: BaseCode.hello })
    await target.expectUnharmed()
    expect(target.peerOf(attacker).name).toBe('later')
  })
})

/** Frames before Hello: the last of these columns is how many bytes of it are sent. */
const FRAMES: readonly (readonly [string, number, number, number | undefined, PeerErrorCode])[] = [
  ['a ping', BaseCode.ping, 1, undefined, 'protocol handshake failed'],
  ['a reserved code', 4, 1, undefined, 'protocol handshake failed'],
  ['a message of a protocol', 16, 1, undefined, 'protocol handshake failed'],
  ['a code past any', 2 ** 32 - 1, 1, undefined, 'protocol handshake failed'],
  ['a frame of 2,050 bytes, from its header', BaseCode.hello, 2049, 32, 'too big message'],
  ['a frame of 16 MiB, from its header', BaseCode.hello, 2 ** 24 - 2, 32, 'too big message'],
]

describe('before Hello', () => {
  it.for(FRAMES)('%s is refused', async ([, code, bytes, sent, expected], { target }) => {
    const attacker = await target.session()
    attacker.write(attacker.codec.seal(code, new Uint8Array(bytes)).subarray(0, sent))
    expect(await target.failureOf(attacker)).toMatchObject({ error: { code: expected, reason: BREACH } })
    expect(await attacker.told()).toBe(BREACH)
    await target.expectUnharmed()
  })

  it.for([
    ['header', 3],
    ['tag of the header', 17],
    ['body', 40],
    ['tag of the body', -1],
  ] as const)('a frame altered in its %s is refused', async ([, at], { target }) => {
    const attacker = await target.session()
    const { publicKey } = attacker.keys
    const payload = encodeHello({ name: 'x', capabilities: CAPABILITIES, listenPort: 0, publicKey })
    const frame = attacker.codec.seal(BaseCode.hello, payload)
    const place = at < 0 ? frame.length + at : at
    frame[place] = frame[place]! ^ 1
    attacker.write(frame)
    expect(await target.failureOf(attacker)).toMatchObject({ error: { code: 'bad mac', reason: BREACH } })
    expect(await attacker.told()).toBe(BREACH)
    await target.expectUnharmed()
  })

  it.for(GOODBYES)('a goodbye is understood: %s', async ([, payload, reason], { target }) => {
    const attacker = await target.session()
    attacker.sendRaw(BaseCode.disconnect, payload)
    expect(await target.failureOf(attacker)).toMatchObject({ error: { code: 'remote disconnect reason', reason } })
    expect(await attacker.told()).toBeUndefined()
    await target.expectUnharmed()
  })

  it('a goodbye is understood by a node that dials, too', async ({ target, trap }) => {
    const dial = target.node.dial(trap.address).catch((error: unknown) => error)
    const attacker = await trap.accepted()
    await attacker.respond()
    attacker.sendRaw(BaseCode.disconnect, Uint8Array.of(4))
    expect(await within('the end of the dial', dial)).toMatchObject({
      code: 'remote disconnect reason',
      reason: DiscReason.tooManyPeers,
    })
    await target.expectUnharmed()
  })

  it('a flood of pings is refused by the first', async ({ target }) => {
    const attacker = await target.session()
    for (let i = 0; i < 10_000; i++) attacker.sendRaw(BaseCode.ping, EMPTY_LIST)
    expect(await target.failureOf(attacker)).toMatchObject({ error: { code: 'protocol handshake failed' } })
    await within('the end of the link', attacker.closed)
    await target.expectUnharmed()
  })
})
