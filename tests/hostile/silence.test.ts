// Strangers who connect and say nothing, too little or too slowly: the node's own clock ends them, and others get in.
import { describe, expect } from 'vitest'
import { DiscReason } from '@peerwire/core'
import type { NodeLimits, PrefixPolicy } from '@peerwire/core'
import { BaseCode, createInitiator, encodeHello, portableCrypto, systemRandom } from '@peerwire/core/rlpx'
import { createManualClock } from '@peerwire/core/testing'
import type { ManualClock } from '@peerwire/core/testing'
import type { Attacker } from './support/attacker.ts'
import { it } from './support/it.ts'
import { CAPABILITIES } from './support/target.ts'
import type { Target, TargetOptions } from './support/target.ts'
import { until, within } from './support/wait.ts'

/** The defaults, which the tests hold. */
const ENCRYPTION_MS = 5000
const SET_UP_MS = 15_000
/** Half of the 50 set-ups that may be in progress. */
const HOSTS_SHARE = 25
const PENDING_PER_PREFIX = 8

type Start = (options?: TargetOptions) => Promise<Target>

async function startSlow(start: Start, options: TargetOptions = {}) {
  const clock = createManualClock()
  return { clock, target: await start({ clock, ...options }) }
}

/** Everybody who connects is from the network that was named last. */
function networks(): PrefixPolicy & { now: string | undefined } {
  return {
    now: undefined,
    prefixOf() {
      return this.now
    },
  }
}

async function openMany(target: Target, count: number): Promise<readonly Attacker[]> {
  const attackers = await Promise.all(Array.from({ length: count }, () => target.attack()))
  await until(`${count} set-ups`, () => target.node.inspect().setUps.length === count)
  return attackers
}

const TIMED_OUT = { error: { code: 'setup timeout', reason: DiscReason.readTimeout } }

describe('silent sockets', () => {
  it('are closed when their time is over, never count as peers, and take no place for longer', async ({
    startTarget: start,
  }) => {
    const { clock, target } = await startSlow(start, { maxPeers: 2 })
    const many = await openMany(target, HOSTS_SHARE)
    expect(target.node.peers).toHaveLength(1)
    // Its own oldest makes room for the next one of the same host.
    const silent = [...many, await target.attack()]
    const { remoteAddress, error } = (await target.failures.first('a failure', () => true))!
    expect(error).toMatchObject({ code: 'disconnect reason', reason: DiscReason.tooManyPeers })
    const [gone] = silent.splice(
      silent.findIndex(({ localPort }) => remoteAddress.endsWith(`:${localPort}`)),
      1,
    )
    expect(many).toContain(gone)
    await within('the end of the link', gone!.closed)
    clock.advance(ENCRYPTION_MS - 1)
    expect(target.node.inspect().setUps).toHaveLength(HOSTS_SHARE)
    clock.advance(1)
    for (const attacker of silent) {
      await within('the end of the link', attacker.closed)
      expect(attacker.receivedBytes).toBe(0)
      expect(await target.failureOf(attacker)).toMatchObject(TIMED_OUT)
    }
    expect(target.node.inspect().setUps).toEqual([])
    await target.expectUnharmed()
  })

  it('of one network leave places for another', async ({ startTarget: start }) => {
    const prefixes = networks()
    const limits: Partial<NodeLimits> = { acceptIntervalMs: 0, startsPerSecondPerPrefix: 1000 }
    const { target } = await startSlow(start, { prefixes, limits })
    prefixes.now = '203.0.113.0/24'
    await openMany(target, PENDING_PER_PREFIX)
    const oneMore = await target.attack()
    expect(await target.failureOf(oneMore)).toMatchObject({
      error: { code: 'link refused', message: '8 handshakes from 203.0.113.0/24 are in progress' },
    })
    prefixes.now = '198.51.100.0/24'
    await target.expectUnharmed()
  })
})

/** How far a stranger comes before it stops, and when that is the end. */
const STOPS: readonly (readonly [string, number, (attacker: Attacker, target: Target) => unknown])[] = [
  ['one byte of auth', ENCRYPTION_MS, (attacker) => attacker.write(Uint8Array.of(1))],
  ['the size of auth', ENCRYPTION_MS, (attacker) => attacker.write(Uint8Array.of(1, 200))],
  [
    'all of auth but a byte',
    ENCRYPTION_MS,
    (attacker, target) => attacker.write(authTo(target, attacker).slice(0, -1)),
  ],
  ['the encryption handshake', SET_UP_MS, (attacker, target) => attacker.initiate(target.node.publicKey)],
  [
    'all of Hello but a byte',
    SET_UP_MS,
    async (attacker, target) => {
      await attacker.initiate(target.node.publicKey)
      attacker.write(helloOf(attacker).slice(0, -1))
    },
  ],
]

function authTo({ node }: Target, { keys }: Attacker): Uint8Array {
  const { privateKey } = keys
  const options = { crypto: portableCrypto, random: systemRandom, privateKey, remotePublicKey: node.publicKey }
  return createInitiator(options).start()!
}

function helloOf({ codec, keys: { publicKey } }: Attacker): Uint8Array {
  return codec.seal(BaseCode.hello, encodeHello({ name: 'x', capabilities: CAPABILITIES, listenPort: 0, publicKey }))
}

describe('a stranger who stops after', () => {
  it.for(STOPS)('%s is closed after %i ms', async ([, limitMs, act], { startTarget: start }) => {
    const { clock, target } = await startSlow(start)
    const attacker = await target.attack()
    await until('a set-up', () => target.node.inspect().setUps.length === 1)
    await act(attacker, target)
    clock.advance(limitMs - 1)
    expect(target.failures.all).toEqual([])
    clock.advance(1)
    expect(await target.failureOf(attacker)).toMatchObject(TIMED_OUT)
    expect(await attacker.told()).toBe(limitMs === ENCRYPTION_MS ? undefined : DiscReason.readTimeout)
    expect(target.node.inspect().setUps).toEqual([])
    await target.expectUnharmed()
  })
})

it('a stranger who is slow at the encryption handshake has less time left for Hello', async ({
  startTarget: start,
}) => {
  const { clock, target } = await startSlow(start)
  const attacker = await target.attack()
  await until('a set-up', () => target.node.inspect().setUps.length === 1)
  clock.advance(ENCRYPTION_MS - 1)
  await attacker.initiate(target.node.publicKey)
  clock.advance(SET_UP_MS - ENCRYPTION_MS)
  expect(target.failures.all).toEqual([])
  clock.advance(1)
  expect(await target.failureOf(attacker)).toMatchObject(TIMED_OUT)
  expect(await attacker.told()).toBe(DiscReason.readTimeout)
  await target.expectUnharmed()
})

describe('a stranger who sends a byte now and then', () => {
  const drip = async (clock: ManualClock, attacker: Attacker, bytes: Uint8Array, everyMs: number): Promise<void> => {
    for (const byte of bytes) {
      if (attacker.socket.destroyed) return
      attacker.write(Uint8Array.of(byte))
      clock.advance(everyMs)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('gains no time by it during the encryption handshake', async ({ startTarget: start }) => {
    const { clock, target } = await startSlow(start)
    const attacker = await target.attack()
    await until('a set-up', () => target.node.inspect().setUps.length === 1)
    await drip(clock, attacker, authTo(target, attacker), ENCRYPTION_MS / 100)
    expect(await target.failureOf(attacker)).toMatchObject(TIMED_OUT)
    await within('the end of the link', attacker.closed)
    await target.expectUnharmed()
  })

  it('gains none during Hello', async ({ startTarget: start }) => {
    const { clock, target } = await startSlow(start)
    const attacker = await target.session()
    await drip(clock, attacker, helloOf(attacker), SET_UP_MS / 100)
    expect(await target.failureOf(attacker)).toMatchObject(TIMED_OUT)
    expect(await attacker.told()).toBe(DiscReason.readTimeout)
    await target.expectUnharmed()
  })
})

describe('a node that dials', () => {
  it('gives up a remote that never answers', async ({ startTarget: start, trap }) => {
    const { clock, target } = await startSlow(start)
    const dial = target.node.dial(trap.address).catch((error: unknown) => error)
    const attacker = await trap.accepted()
    await until('a set-up', () => target.node.inspect().setUps.length === 1)
    clock.advance(ENCRYPTION_MS)
    expect(await within('the end of the dial', dial)).toMatchObject(TIMED_OUT.error)
    await within('the end of the link', attacker.closed)
    await target.expectUnharmed()
  })

  it('gives up a remote that never says Hello, and tells it', async ({ startTarget: start, trap }) => {
    const { clock, target } = await startSlow(start)
    const dial = target.node.dial(trap.address).catch((error: unknown) => error)
    const attacker = await trap.accepted()
    await attacker.respond()
    await attacker.messages.first('Hello')
    clock.advance(SET_UP_MS)
    expect(await within('the end of the dial', dial)).toMatchObject(TIMED_OUT.error)
    expect(await attacker.told()).toBe(DiscReason.readTimeout)
    await target.expectUnharmed()
  })
})

describe('handshakes', () => {
  it('are throttled before any cryptography, and go on when time has passed', async ({ startTarget: start }) => {
    const { clock, target } = await startSlow(start, { limits: { startsPerSecond: 5 } })
    clock.advance(1000)
    const attackers = await Promise.all(Array.from({ length: 20 }, () => target.attack()))
    for (const attacker of attackers) attacker.write(Uint8Array.of(0, 0))
    await target.failures.count('20 failures', 20)
    const codes = target.failures.all.map(({ error }) => error.code)
    expect(codes.filter((code) => code === 'encryption handshake failed')).toHaveLength(5)
    expect(codes.filter((code) => code === 'link refused')).toHaveLength(15)
    clock.advance(1000)
    await target.expectUnharmed()
  })

  it('of one address are accepted once in 30 s', async ({ startTarget: start }) => {
    const prefixes = networks()
    // Time leaps here; the honest peer could not answer a ping meanwhile.
    const { clock, target } = await startSlow(start, { prefixes, limits: { pingAfterMs: 1e6, readTimeoutMs: 1e6 } })
    prefixes.now = '203.0.113.0/24'
    const first = await target.attack()
    first.write(Uint8Array.of(0, 0))
    expect(await target.failureOf(first)).toMatchObject({ error: { code: 'encryption handshake failed' } })
    const second = await target.attack()
    expect(await target.failureOf(second)).toMatchObject({ error: { code: 'link refused' } })
    await within('the end of the link', second.closed)
    clock.advance(30_000)
    await target.expectUnharmed()
  })
})
