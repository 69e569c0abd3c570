// What strangers send in place of auth and ack: garbage, forged keys, every length. The remote learns nothing of
// any failure.
import { describe, expect } from 'vitest'
import { DiscReason, parseAddress } from '@peerwire/core'
import { portableCrypto } from '@peerwire/core/rlpx'
import type { Crypto } from '@peerwire/core/rlpx'
import { rounds } from '../support/counts.ts'
import { createKeyPair } from './support/attacker.ts'
import type { Attacker } from './support/attacker.ts'
import { BAD_KEYS, BAD_SIGNATURES } from './support/bad-keys.ts'
import { it } from './support/it.ts'
import type { Target } from './support/target.ts'
import { within } from './support/wait.ts'

/** All failures are alike to the remote: the link ends, and nothing is said. */
const REFUSED = {
  direction: 'inbound',
  publicKey: undefined,
  error: { code: 'encryption handshake failed', reason: DiscReason.breachOfProtocol },
}

/** A ciphertext with nothing in it. */
const MIN_BYTES = 113

async function expectSilence(target: Target, attacker: Attacker): Promise<void> {
  await within('the end of the link', attacker.closed)
  expect(attacker.receivedBytes).toBe(0)
  expect(await target.failureOf(attacker)).toMatchObject(REFUSED)
}

function sized(size: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(size >> 8, size & 0xff, ...body)
}

/** Bytes that begin like a point of some kind, the same each time. */
function noise(length: number, first: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i === 0 ? first : (i * 167 + first * 13 + 7) & 0xff))
}

describe('garbage in place of auth closes the socket', () => {
  it.for<readonly [string, Uint8Array]>([
    ['zeros', new Uint8Array(400)],
    ['ones', new Uint8Array(400).fill(255)],
    ['a request of a browser', new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`)],
    ['a greeting of TLS', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...noise(500, 9))],
    ['noise of a fitting size', sized(300, noise(300, 4))],
    ['noise of the greatest size', sized(2048, noise(2048, 4))],
    ['a size of 2,049, from its two bytes', Uint8Array.of(0x08, 0x01)],
    ['a size of 65,535, from its two bytes', Uint8Array.of(0xff, 0xff)],
    ['a size below that of an empty ciphertext, from its two bytes', Uint8Array.of(0, MIN_BYTES - 1)],
  ])('%s', async ([, bytes], { target }) => {
    const attacker = await target.attack()
    attacker.write(bytes)
    await expectSilence(target, attacker)
    await target.expectUnharmed()
  })

  it('of every length from 0 to 400, and whatever it begins with', async ({ target }) => {
    for (const first of [2, 3, 4, 0xff]) {
      for (let length = 0; length <= 400; length++) {
        const attacker = await target.attack()
        attacker.write(sized(length, noise(length, first)))
        await expectSilence(target, attacker)
      }
    }
    expect(target.node.inspect().setUps).toEqual([])
    await target.expectUnharmed()
  })
})

/** The portable provider, made to put forged bytes into auth. */
function forged(parts: Partial<Crypto>): { readonly crypto: Crypto } {
  return { crypto: { ...portableCrypto, ...parts } }
}

describe('a key that is none, in auth', () => {
  it.for(BAD_KEYS)('as the point of the ciphertext, %s', async ([, publicKey], { target }) => {
    const attacker = await target.attack()
    // The first pair is the ephemeral one, the second encrypts.
    let pairs = 0
    const createPair = () => (++pairs === 2 ? { ...createKeyPair(), publicKey } : createKeyPair())
    const shaking = attacker.initiate(target.node.publicKey, { createKeyPair: createPair })
    await expect(shaking).rejects.toThrow('the link ended')
    await expectSilence(target, attacker)
    await target.expectUnharmed()
  })

  it.for(BAD_KEYS)('as the key of the initiator, %s', async ([, publicKey], { target }) => {
    const attacker = await target.attack()
    const shaking = attacker.initiate(target.node.publicKey, forged({ publicKeyOf: () => publicKey }))
    await expect(shaking).rejects.toThrow('the link ended')
    await expectSilence(target, attacker)
    await target.expectUnharmed()
  })

  it.for(BAD_SIGNATURES)('by a signature %s', async ([, signature], { target }) => {
    const attacker = await target.attack()
    const shaking = attacker.initiate(target.node.publicKey, forged({ sign: () => signature }))
    await expect(shaking).rejects.toThrow('the link ended')
    await expectSilence(target, attacker)
    await target.expectUnharmed()
  })
})

/** Dials the trap; what the dial fails with. */
function dialOf(target: Target, address: string): Promise<unknown> {
  return within(
    'the end of the dial',
    target.node.dial(address).catch((error: unknown) => error),
  )
}

const DIAL_REFUSED = REFUSED.error

describe('in place of ack, to a node that dials', () => {
  it.for<readonly [string, number, number]>([
    ...[0, 1, MIN_BYTES - 1, 2049, 0xffff].map((size) => [`a size of ${size}`, size, 0] as const),
    ...[2, 3, 4, 0xff].flatMap((first) =>
      [MIN_BYTES, MIN_BYTES + 1, 210, 400].map(
        (size) => [`${size} bytes that begin with ${first}`, size, first] as const,
      ),
    ),
  ])('%s', async ([, size, first], { target, trap }) => {
    const dial = dialOf(target, trap.address)
    const attacker = await trap.accepted()
    attacker.write(sized(size, first === 0 ? new Uint8Array(0) : noise(size, first)))
    expect(await dial).toMatchObject(DIAL_REFUSED)
    await within('the end of the link', attacker.closed)
    await target.expectUnharmed()
  })

  it('noise of any length up to 400, and whatever it begins with', async ({ target, trap }) => {
    const step = rounds(41, 1)
    for (const first of [2, 3, 4, 0xff]) {
      for (let length = 0; length <= 400; length += step) {
        const dial = dialOf(target, trap.address)
        const attacker = await trap.accepted()
        attacker.write(sized(length, noise(length, first)))
        expect(await dial).toMatchObject(DIAL_REFUSED)
      }
    }
    expect(target.node.inspect().setUps).toEqual([])
    await target.expectUnharmed()
  })

  it.for(BAD_KEYS)('a key that is none as its ephemeral key, %s', async ([, publicKey], { target, trap }) => {
    const dial = dialOf(target, trap.address)
    const attacker = await trap.accepted()
    let pairs = 0
    await attacker.respond({
      createKeyPair: () => (++pairs === 1 ? { ...createKeyPair(), publicKey } : createKeyPair()),
    })
    expect(await dial).toMatchObject(DIAL_REFUSED)
    await target.expectUnharmed()
  })

  it.for(BAD_KEYS)('a key that is none as the point of its ciphertext, %s', async ([, publicKey], { target, trap }) => {
    const dial = dialOf(target, trap.address)
    const attacker = await trap.accepted()
    let pairs = 0
    await attacker.respond({
      createKeyPair: () => (++pairs === 2 ? { ...createKeyPair(), publicKey } : createKeyPair()),
    })
    expect(await dial).toMatchObject(DIAL_REFUSED)
    await target.expectUnharmed()
  })

  it.for(BAD_KEYS)('an address whose key is none is refused, %s', async ([, publicKey], { target, trap }) => {
    const dial = target.node.dial({ publicKey, endpoint: parseAddress(trap.address).endpoint })
    await expect(dial).rejects.toMatchObject({ code: 'dial failed', reason: DiscReason.invalidIdentity })
    await target.expectUnharmed()
  })
})
