// Our own code fails on what strangers send: that one peer ends with a PeerError, the process and all others live on.
import { describe, expect } from 'vitest'
import {
  bytes,
  defineProtocol,
  DiscReason,
  encodeRlp,
  equalBytes,
  isPeerError,
  message,
  PeerError,
} from '@peerwire/core'
import type { Codec, ProtocolHooks, Transport } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { createKeyPair } from './support/attacker.ts'
import { it } from './support/it.ts'
import { Code, protocol } from './support/target.ts'

/** What a handler may throw; the text is what the removal's message says. */
const THROWN: readonly (readonly [title: string, thrown: unknown, text: string])[] = [
  ['an error', new Error('empty path'), 'empty path'],
  ['an error of the language', new RangeError('index out of range'), 'index out of range'],
  ['an error with line breaks', new Error('one\n[ERROR] two\u0007'), 'one\n[ERROR] two\u0007'],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: undefined }), ''],
  ['an error whose message is a number', Object.assign(new Error('x'), { message: 5 }), '5'],
  ['nothing', undefined, 'a handler threw'],
  ['null', null, 'a handler threw'],
  ['text', 'broken', 'a handler threw'],
  ['a symbol', Symbol('broken'), 'a handler threw'],
  ['an object without text', Object.create(null), 'a handler threw'],
  [
    'an object whose text throws',
    {
      toString: () => {
        throw new Error('again')
      },
    },
    'a handler threw',
  ],
]

function toss(thrown: unknown): never {
  throw thrown
}

describe('a handler', () => {
  for (const [how, act] of [
    ['throws', (thrown: unknown) => toss(thrown)],
    ['rejects with', (thrown: unknown) => Promise.reject(thrown)],
  ] as const) {
    it.for(THROWN)(`that ${how} %s ends its peer alone`, async ([, thrown, text], { startTarget: start }) => {
      const target = await start({ acts: { fail: () => act(thrown) } })
      const attacker = await target.greeted()
      attacker.send(Code.act, encodeRlp('fail'))
      const { error } = await target.removalOf(attacker)
      expect(isPeerError(error)).toBe(true)
      expect(error).toMatchObject({
        code: 'handler failed',
        reason: DiscReason.subprotocolError,
        message: text,
      })
      expect(error.cause).toBe(thrown)
      expect(String(error)).toMatch(/^PeerError\(code=handler failed, .*\)$/)
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'handler failed' })
      expect(await attacker.told()).toBe(DiscReason.subprotocolError)
      await target.expectUnharmed()
    })
  }

  it('that finds an item invalid ends its peer at once: nothing that was sent with it is handled', async ({
    startTarget: start,
  }) => {
    const verdict = new PeerError('invalid item', DiscReason.subprotocolError, 'a proof that proves nothing')
    let judged = 0
    const target = await start({
      acts: {
        judge: () => {
          judged++
          throw verdict
        },
      },
    })
    const attacker = await target.greeted()
    attacker.write(...Array.from({ length: 100 }, () => attacker.codec.seal(Code.act, encodeRlp('judge'))))
    const { error } = await target.removalOf(attacker)
    expect(error).toBe(verdict)
    expect(judged).toBe(1)
    expect(await attacker.told()).toBe(DiscReason.subprotocolError)
    await target.expectUnharmed()
  })

  it('that ends its own peer, also twice and with another error, is heard once', async ({ startTarget: start }) => {
    const target = await start({
      acts: {
        end: (peer) => {
          peer.disconnect(DiscReason.uselessPeer, 'first')
          peer.disconnect(DiscReason.tooManyPeers, 'second')
          throw new Error('third')
        },
      },
    })
    const attacker = await target.greeted()
    attacker.send(Code.act, encodeRlp('end'))
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { reason: DiscReason.uselessPeer, message: 'first' },
    })
    expect(await attacker.told()).toBe(DiscReason.uselessPeer)
    await target.expectUnharmed()
    expect(target.removals.all.filter(({ peer }) => peer.name === 'attacker')).toHaveLength(1)
  })

  it('that never returns holds up its own peer alone, and learns of its end', async ({ startTarget: start }) => {
    let told: unknown
    const target = await start({
      acts: {
        hang: (peer) =>
          new Promise<never>(() => {
            peer.signal.addEventListener('abort', () => void (told = peer.signal.reason as unknown))
          }),
      },
    })
    const attacker = await target.greeted()
    attacker.send(Code.act, encodeRlp('hang'))
    attacker.send(Code.act, encodeRlp('hang'))
    await target.expectUnharmed()
    attacker.end()
    const { error } = await target.removalOf(attacker)
    expect(error.code).toBe('link lost')
    expect(told).toBe(error)
    await target.expectUnharmed()
  })

  it('that is not there for a question: the asker is told with its id alone, and has done no wrong', async ({
    target,
  }) => {
    const attacker = await target.greeted()
    for (const id of [1, 2]) {
      attacker.send(Code.ask, encodeRlp([id, 'well?']))
      const is = ({ payload }: { readonly payload: Uint8Array }): boolean => equalBytes(payload, encodeRlp([id]))
      await attacker.messages.first('a refusal', (message) => message.code === Code.asked && is(message))
    }
    await target.expectUnharmed()
    expect(target.node.peers.some(({ name }) => name === 'attacker')).toBe(true)
    // A question that is none is a breach all the same.
    attacker.send(Code.ask, encodeRlp([1]))
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'invalid message' } })
  })
})

/** Reads and writes nothing; throws on use. */
const broken: Codec<Uint8Array> = { encode: () => toss(new Error('no')), decode: () => toss(new TypeError('not mine')) }

const frail = defineProtocol({
  name: 'frail',
  version: 1,
  messages: { broken: message(0, broken), fine: message(1, bytes) },
})

describe('the rest of our own code', () => {
  it.for<readonly [string, number, ProtocolHooks, object]>([
    ['a codec that throws', 0, {}, { code: 'invalid message', message: 'broken: not mine' }],
    ['a hook that throws on a message', 1, { received: () => toss(new Error('hook')) }, { code: 'handler failed' }],
    ['a hook that throws when a peer comes', 1, { opened: () => toss(new Error('hook')) }, { code: 'handler failed' }],
  ])('%s ends that peer alone', async ([, code, hooks, expected], { startTarget: start }) => {
    const target = await start({ protocols: [protocol.with({ echo: (_, body) => body }), frail.with({}, hooks)] })
    const attacker = await target.session()
    await attacker.greet([{ name: 'frail', version: 1 }])
    attacker.send(16 + code, encodeRlp('x'))
    expect(await target.removalOf(attacker)).toMatchObject({ error: expected })
    await target.expectUnharmed()
  })

  it('a hook that throws when a peer goes, and listeners that throw, are written to the log and hurt nobody', async ({
    startTarget: start,
  }) => {
    const lines: string[] = []
    const logger = {
      enabled: () => true,
      log: (level: string, text: string) => void (level === 'error' && lines.push(text)),
    }
    const target = await start({
      logger,
      protocols: [
        protocol.with({ echo: (_, body) => body }),
        frail.with({}, { closed: () => toss(new Error('hook')) }),
      ],
    })
    for (const name of ['peer:added', 'peer:removed', 'setup:failed'] as const) {
      target.node.on(name, () => toss(new Error(name)))
    }
    const attacker = await target.session()
    await attacker.greet([{ name: 'frail', version: 1 }])
    attacker.end()
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'link lost' } })
    const garbage = await target.attack()
    garbage.write(new Uint8Array(10))
    await target.failureOf(garbage)
    await target.expectUnharmed()
    expect(lines).toContain('a closed hook threw')
    for (const name of ['peer:added', 'peer:removed', 'setup:failed'])
      expect(lines).toContain(`a listener of ${name} threw`)
  })

  it.for(THROWN)('a transport that fails with %s is a failed dial', async ([, thrown], { startTarget: start }) => {
    const odd: Transport = {
      name: 'odd',
      canDial: ({ scheme }) => scheme === 'odd',
      dial: () => Promise.reject(thrown),
    }
    const target = await start({ transports: [tcp({ listen: 'tcp://127.0.0.1:0' }), odd] })
    const { publicKey } = createKeyPair()
    const dial = target.node.dial({ publicKey, endpoint: { scheme: 'odd', host: 'anywhere', port: 1 } })
    await expect(dial).rejects.toMatchObject({ code: 'dial failed', reason: DiscReason.networkError })
    await target.expectUnharmed()
  })
})
