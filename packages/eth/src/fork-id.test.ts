import { fromHex, toHex } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { forkIdOf, forkIdRefusal, sameForkRefusal } from './fork-id.ts'
import type { Forks } from './fork-id.ts'

interface ForkCase {
  readonly number: number
  readonly time: number
  readonly hash: string
  readonly next: string
}

function headOf({ number, time }: ForkCase): { number: bigint; time: bigint } {
  return { number: BigInt(number), time: BigInt(time) }
}

describe.each(vectors.networks)('fork ids of $name', (network) => {
  const genesis = fromHex(network.genesis)
  const forks: Forks = { blocks: network.blocks.map(BigInt), times: network.times.map(BigInt) }

  it.each(network.ids)("are go-ethereum's at block $number, time $time", (point) => {
    const { hash, next } = forkIdOf(genesis, forks, headOf(point))
    expect({ hash: toHex(hash), next: String(next) }).toEqual({ hash: point.hash, next: point.next })
  })

  it.each(network.filter)('accept what go-ethereum accepts: $hash/$next at $number, $time: $accepted', (point) => {
    const remote = { hash: fromHex(point.hash), next: BigInt(point.next) }
    expect(forkIdRefusal(genesis, forks, headOf(point), remote) === undefined).toBe(point.accepted)
  })
})

describe('a refused fork id', () => {
  const mainnet = vectors.networks[0]!
  const genesis = fromHex(mainnet.genesis)
  const forks: Forks = { blocks: mainnet.blocks.map(BigInt), times: [] }

  it.each([
    [7_987_396n, '5cddc0e1', 0n, 'fork id 5cddc0e1 is not of our chain, ours is 668db0af'],
    [7_987_396n, 'a00bc324', 0n, "the remote doesn't know our fork at 7280000, it has 0"],
    [88_888_888n, 'f0afd0e3', 88_888_888n, 'the remote has a fork at 88888888, which has passed here without one'],
  ])('says why: at %s with %s/%s', (number, hash, next, text) => {
    expect(forkIdRefusal(genesis, forks, { number, time: 0n }, { hash: fromHex(hash), next })).toBe(text)
  })
})

describe('a chain of which only a fork id is known', () => {
  const known = { hash: fromHex('a00bc324'), next: 7_280_000n }

  it.each([
    ['the same', 'a00bc324', 0n, undefined],
    ['the one after the fork that comes', '668db0af', 9_069_000n, undefined],
    ['an earlier one', '3edd5b10', 4_370_000n, 'fork id 3edd5b10 is not of our chain, ours is a00bc324'],
    ['the one after next', '879d6e30', 9_200_000n, 'fork id 879d6e30 is not of our chain, ours is a00bc324'],
  ])('is compared with %s', (_, hash, next, text) => {
    expect(sameForkRefusal(known, { hash: fromHex(hash), next })).toBe(text)
  })
})
