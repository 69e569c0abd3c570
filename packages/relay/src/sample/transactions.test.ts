import { equalBytes, portableCrypto, seededRandom, toHex } from '@peerwire/core'
import { readTransaction } from '@peerwire/eth'
import { describe, expect, it } from 'vitest'
import { SAMPLE_CHAIN_ID } from './network.ts'
import { createSampleTransactions } from './transactions.ts'

describe('sample transactions', () => {
  const next = createSampleTransactions(seededRandom(1), portableCrypto)
  const made = Array.from({ length: 150 }, next)
  const read = made.map(({ envelope }) => readTransaction(envelope, SAMPLE_CHAIN_ID, portableCrypto))

  it('pass every check that can be made without a chain, under the hash they were made with', () => {
    for (const [i, { hash, type, chainId }] of read.entries()) {
      expect(equalBytes(hash, made[i]!.hash)).toBe(true)
      expect({ type, chainId }).toEqual({ type: 2, chainId: SAMPLE_CHAIN_ID })
    }
  })

  it('come from distinct accounts, each with its nonces in order', () => {
    const nonces = new Map<string, bigint[]>()
    for (const { sender, nonce } of read) nonces.set(toHex(sender), [...(nonces.get(toHex(sender)) ?? []), nonce])
    expect(nonces.size).toBe(64)
    for (const list of nonces.values()) expect(list).toEqual([0n, 1n, 2n].slice(0, list.length))
  })

  it('are transfers and token calls of different sizes', () => {
    const dataLengths = new Set(read.map(({ data }) => data.length))
    expect([...dataLengths].toSorted((a, b) => a - b)).toEqual([0, 68])
    expect(new Set(read.map(({ hash }) => toHex(hash))).size).toBe(150)
  })

  it('are the same for the same draws', () => {
    const again = createSampleTransactions(seededRandom(1), portableCrypto)
    expect(toHex(again().hash)).toBe(toHex(made[0]!.hash))
  })
})
