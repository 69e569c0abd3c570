import { encodeRlp, fromHex, isPeerError, portableCrypto, readList, toHex } from '@peerwire/core'
import type { RlpInput, RlpItem } from '@peerwire/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../tests/support/counts.ts'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { signTransaction } from './sign-transaction.ts'
import { MAX_TRANSACTION_BYTES, readTransaction } from './transaction.ts'

const CHAIN = 7_357_001n
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n
const KEY = portableCrypto.keccak256(new TextEncoder().encode('peerwire vector key'))
const readable = vectors.transactions.filter(({ type }) => type !== 3)

function envelopeOf(name: string): Uint8Array {
  return fromHex(vectors.transactions.find((transaction) => transaction.name === name)!.envelope)
}

function read(envelope: Uint8Array): ReturnType<typeof readTransaction> {
  return readTransaction(envelope, CHAIN, portableCrypto)
}

/** The transaction with some fields changed; the signature stays what it was. */
function changed(name: string, change: (fields: RlpInput[]) => void): Uint8Array {
  const envelope = envelopeOf(name)
  const typed = envelope[0]! < 0xc0
  const fields = readList(typed ? envelope.subarray(1) : envelope).map(asInput)
  change(fields)
  const body = encodeRlp(fields)
  return typed ? Uint8Array.of(envelope[0]!, ...body) : body
}

function asInput(item: RlpItem): RlpInput {
  return item instanceof Uint8Array ? item : item.map(asInput)
}

function bigintAt(fields: readonly RlpInput[], index: number): bigint {
  return BigInt(`0x${toHex(fields[index] as Uint8Array)}`)
}

describe('reading transactions that go-ethereum signed', () => {
  it.each(readable)('$name', (vector) => {
    const transaction = read(fromHex(vector.envelope))
    expect({
      hash: toHex(transaction.hash),
      type: transaction.type,
      chainId: transaction.chainId === undefined ? '' : String(transaction.chainId),
      sender: toHex(transaction.sender),
      nonce: String(transaction.nonce),
      to: transaction.to ? toHex(transaction.to) : '',
      value: String(transaction.value),
      gasLimit: String(transaction.gasLimit),
      maxFeePerGas: String(transaction.maxFeePerGas),
      maxPriorityFeePerGas: String(transaction.maxPriorityFeePerGas),
      data: toHex(transaction.data),
    }).toEqual(
      Object.fromEntries(Object.entries(vector).filter(([name]) => !['name', 'envelope', 'wire'].includes(name))),
    )
  })

  it('refuses one for another chain, but one from before EIP-155 is for every chain', () => {
    expect(() => readTransaction(envelopeOf('legacy'), 1n, portableCrypto)).toThrow(/: for chain 7357001, ours is 1$/)
    expect(() => readTransaction(envelopeOf('fees'), 1n, portableCrypto)).toThrow(/: for chain 7357001, ours is 1$/)
    expect(readTransaction(envelopeOf('legacy before EIP-155'), 1n, portableCrypto).chainId).toBe(undefined)
  })
})

describe('refused transactions', () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    ['a blob transaction', () => envelopeOf('blob'), /a blob transaction was sent whole$/],
    ['an unknown type', () => Uint8Array.of(5, 0xc0), /unknown type 5$/],
    ['nothing', () => new Uint8Array(0), /unknown type 0$/],
    ['trailing bytes', () => Uint8Array.of(...envelopeOf('fees'), 0), /1 bytes after the item$/],
    ['a field too many', () => changed('fees', (f) => f.push(1)), /13 fields where 12 belong$/],
    ['a field too few', () => changed('legacy', (f) => f.pop()), /8 fields where 9 belong$/],
    ['a leading zero', () => changed('fees', (f) => (f[1] = Uint8Array.of(0, 1))), /a number with a leading zero$/],
    ['a nonce of 9 bytes', () => changed('fees', (f) => (f[1] = 1n << 64n)), /a number of 9 bytes where 8 fit$/],
    ['a value of 33 bytes', () => changed('fees', (f) => (f[6] = 1n << 256n)), /a number of 33 bytes where 32 fit$/],
    ['a recipient of 19 bytes', () => changed('fees', (f) => (f[5] = new Uint8Array(19))), /recipient of 19 bytes$/],
    ['a tip past the cap', () => changed('fees', (f) => (f[2] = 1n << 200n)), /priority fee \d+ past the fee cap \d+$/],
    ['a list for data', () => changed('fees', (f) => (f[7] = [])), /a list where a string belongs$/],
    ['a parity of 2', () => changed('fees', (f) => (f[9] = 2)), /parity 2 of the signature is not 0 or 1$/],
    ['v of 29', () => changed('legacy', (f) => (f[6] = 29)), /v 29 of the signature is not 27, 28, or 35 and more$/],
    ['r of 0', () => changed('fees', (f) => (f[10] = 0)), /r of the signature is out of range$/],
    ['r of the order', () => changed('fees', (f) => (f[10] = ORDER)), /r of the signature is out of range$/],
    ['s of 0', () => changed('fees', (f) => (f[11] = 0)), /s of the signature is out of range$/],
    [
      'the high s',
      () => changed('fees', (f) => (f[11] = ORDER - bigintAt(f, 11))),
      /s of the signature is out of range$/,
    ],
    ['r that is no point', () => changed('fees', (f) => (f[10] = 5)), /the signature is nobody's$/],
    [
      'a short access key',
      () => changed('access list', (f) => (f[7] = [[new Uint8Array(20), [1]]])),
      /1 bytes where 32/,
    ],
    ['a long access entry', () => changed('fees', (f) => (f[8] = [[new Uint8Array(20), [], 1]])), /entry of 3 items$/],
    ['no authorization', () => changed('set code', (f) => (f[9] = [])), /no authorization in a set-code transaction$/],
    ['a short authorization', () => changed('set code', (f) => (f[9] = [[1, 2]])), /2 items where 6 belong$/],
    ['set code without recipient', () => changed('set code', (f) => (f[5] = '')), /0 bytes where 20 belong$/],
  ])('%s', (_, make, message) => {
    expect(() => read(make())).toThrow(expect.objectContaining({ code: 'invalid item', reason: 16 }))
    expect(() => read(make())).toThrow(message)
  })

  it('one byte past the size limit, and none before', () => {
    const ofSize = (bytes: number): Uint8Array => {
      const fields = { chainId: CHAIN, nonce: 1n, maxPriorityFeePerGas: 1n, maxFeePerGas: 1n, gasLimit: 1n, value: 0n }
      const empty = signTransaction({ ...fields, data: new Uint8Array(100_000) }, KEY, portableCrypto)
      const data = new Uint8Array(100_000 + bytes - empty.length)
      return signTransaction({ ...fields, data }, KEY, portableCrypto)
    }
    expect(read(ofSize(MAX_TRANSACTION_BYTES)).bytes.length).toBe(MAX_TRANSACTION_BYTES)
    expect(() => read(ofSize(MAX_TRANSACTION_BYTES + 1))).toThrow(/131073 bytes, at most 131072$/)
  })

  it('any with bytes changed: another sender or a refusal, never a crash, and the hash is never the old one', () => {
    const change = fc.record({ which: fc.nat(), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) })
    fc.assert(
      fc.property(change, ({ which, at, bit }) => {
        const vector = readable[which % readable.length]!
        const envelope = fromHex(vector.envelope)
        envelope[at % envelope.length]! ^= 1 << bit
        const outcome = readOrRefuse(envelope)
        expect(outcome).not.toEqual({ hash: vector.hash, sender: expect.anything() as unknown })
        expect(outcome).not.toMatchObject({ crash: true })
      }),
      { numRuns: rounds(60, 1000) },
    )
  })
})

function readOrRefuse(envelope: Uint8Array): unknown {
  try {
    const { hash, sender } = read(envelope)
    return { hash: toHex(hash), sender: toHex(sender) }
  } catch (error) {
    return isPeerError(error) && error.code === 'invalid item' ? 'refused' : { crash: true, error }
  }
}

describe('signing', () => {
  it('gives the envelope that go-ethereum gives', () => {
    const gwei = 1_000_000_000n
    const fields = {
      chainId: CHAIN,
      nonce: 2n,
      maxPriorityFeePerGas: gwei,
      maxFeePerGas: 30n * gwei,
      gasLimit: 21_000n,
    }
    const to = fromHex('00000000000000000000000000000000000000aa')
    const envelope = signTransaction({ ...fields, to, value: gwei * gwei }, KEY, portableCrypto)
    expect(toHex(envelope)).toBe(vectors.transactions.find(({ name }) => name === 'fees')!.envelope)
  })

  it('can create a contract', () => {
    const fields = { chainId: CHAIN, nonce: 0n, maxPriorityFeePerGas: 0n, maxFeePerGas: 9n, gasLimit: 9n, value: 0n }
    const transaction = read(signTransaction({ ...fields, data: Uint8Array.of(0x60) }, KEY, portableCrypto))
    expect(transaction).toMatchObject({ to: undefined, data: Uint8Array.of(0x60), type: 2, chainId: CHAIN })
    expect(toHex(transaction.sender)).toBe(vectors.transactions[0]!.sender)
  })
})
