// Secrets are kept for those who come again, in bounds, and overwritten when they go.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto as portable } from '../crypto/portable.ts'
import { createInitiator } from './handshake.ts'
import { createResponder } from './responder.ts'
import { generateKeyPair } from './keys.ts'
import { keepStaticSecrets } from './static-secrets.ts'

const random = seededRandom(31)
const own = generateKeyPair(portable, random)

/** The portable provider, whose multiplications are counted; each secret stays in sight. */
function counted() {
  const made: Uint8Array[] = []
  const sharedSecret = (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array => {
    const secret = portable.sharedSecret(privateKey, publicKey)
    made.push(secret)
    return secret
  }
  const crypto: Crypto = { ...portable, sharedSecret }
  return { crypto, made }
}

const keys = Array.from({ length: 4 }, () => generateKeyPair(portable, random).publicKey)
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

describe('static secrets', () => {
  it('are those of the provider, worked out once for each key', () => {
    const { crypto, made } = counted()
    const statics = keepStaticSecrets(crypto, own.privateKey)
    expect(toHex(statics.publicKey)).toBe(toHex(own.publicKey))
    for (const key of [...keys, ...keys]) {
      expect(toHex(statics.sharedSecret(key))).toBe(toHex(portable.sharedSecret(own.privateKey, key)))
    }
    expect(made).toHaveLength(keys.length)
  })

  it('give bytes that may be overwritten', () => {
    const statics = keepStaticSecrets(portable, own.privateKey)
    const expected = toHex(statics.sharedSecret(keys[0]!))
    statics.sharedSecret(keys[0]!).fill(0)
    expect(toHex(statics.sharedSecret(keys[0]!))).toBe(expected)
  })

  it('one past the limit overwrite and forget the one that was used longest ago', () => {
    const { crypto, made } = counted()
    const statics = keepStaticSecrets(crypto, own.privateKey, 3)
    for (const i of [0, 1, 2, 0, 3]) statics.sharedSecret(keys[i]!)
    expect(statics.size).toBe(3)
    expect(made.map(isZero)).toEqual([false, true, false, false])
    statics.sharedSecret(keys[0]!)
    expect(made).toHaveLength(4)
    statics.sharedSecret(keys[1]!)
    expect(made).toHaveLength(5)
  })

  it('are not kept at all when there is room for none', () => {
    const { crypto, made } = counted()
    const statics = keepStaticSecrets(crypto, own.privateKey, 0)
    const expected = toHex(portable.sharedSecret(own.privateKey, keys[0]!))
    expect([statics.sharedSecret(keys[0]!), statics.sharedSecret(keys[0]!)].map(toHex)).toEqual([expected, expected])
    expect([statics.size, made.map(isZero)]).toEqual([0, [true, true]])
  })

  it('are overwritten when they shall be forgotten', () => {
    const { crypto, made } = counted()
    const statics = keepStaticSecrets(crypto, own.privateKey)
    for (const key of keys) statics.sharedSecret(key)
    statics.forget()
    expect(statics.size).toBe(0)
    expect(made.every(isZero)).toBe(true)
  })

  it('are none with what is no key, and nothing is kept of it', () => {
    const statics = keepStaticSecrets(portable, own.privateKey)
    expect(() => statics.sharedSecret(new Uint8Array(64))).toThrow(RangeError)
    expect(statics.size).toBe(0)
  })

  it('save each side one multiplication of a second handshake', () => {
    const sides = [generateKeyPair(portable, random), own].map(({ privateKey }) => {
      const { crypto, made } = counted()
      return { crypto, random, privateKey, made, statics: keepStaticSecrets(crypto, privateKey) }
    })
    const [dialing, accepting] = sides as [(typeof sides)[0], (typeof sides)[0]]
    const shake = (): number[] => {
      for (const { made } of sides) made.length = 0
      const initiator = createInitiator({ ...dialing, remotePublicKey: own.publicKey })
      const answered = createResponder(accepting).receive(initiator.start()!)!
      expect(toHex(answered.done!.remotePublicKey)).toBe(toHex(dialing.statics.publicKey))
      expect(initiator.receive(answered.send!)!.done).toBeDefined()
      return sides.map(({ made }) => made.length)
    }
    expect(shake()).toEqual([4, 4])
    expect(shake()).toEqual([3, 3])
  })
})
