import { describe, expect, it } from 'vitest'
import { defaultCrypto, fromHex, generatePrivateKey, toHex } from '@peerwire/core'
import { forkIdEntry, parseNode, parseTreeUrl, signRecord } from '@peerwire/discovery'
import { chainNamed, CHAINS, forkIdAt, isOnChain } from './chains.ts'

describe('the chains that are known by name', () => {
  // core/forkid/forkid_test.go of go-ethereum 1.17.10
  it.each([
    ['mainnet', 1_764_798_551, '5167e2a6', 1_765_290_071n],
    ['mainnet', 1_767_747_671, '07c9462e', 0n],
    ['mainnet', 2_000_000_000, '07c9462e', 0n],
    ['sepolia', 1_760_427_359, 'ed88b5fd', 1_760_427_360n],
    ['sepolia', 1_761_607_008, '268956b6', 1_791_294_816n],
    ['sepolia', 1_791_294_816, '6c1d9423', 0n],
    ['hoodi', 1_742_999_831, 'bef71d30', 1_742_999_832n],
    ['hoodi', 1_762_955_544, '23aa1351', 0n],
  ])('%s has at %i the fork id that go-ethereum states', (name, seconds, hash, next) => {
    const forkId = forkIdAt(chainNamed(name), seconds * 1000)
    expect([toHex(forkId.hash), forkId.next]).toEqual([hash, next])
  })

  it.each(CHAINS.map((chain) => [chain.name, chain] as const))(
    '%s has bootnodes and a list that can be read',
    (_, chain) => {
      const nodes = chain.bootnodes.map((text) => parseNode(text, defaultCrypto))
      expect(nodes.length).toBeGreaterThan(7)
      expect(nodes.filter((node) => node && node.udp > 1024)).toHaveLength(nodes.length)
      expect(parseTreeUrl(chain.tree).domain).toBe(`all.${chain.name}.ethdisco.net`)
    },
  )

  it('knows the records of its nodes from others', () => {
    const mainnet = chainNamed('mainnet')
    const record = (hash: string, next: bigint): ReturnType<typeof signRecord> =>
      signRecord(
        { seq: 1n, values: { eth: forkIdEntry({ hash: fromHex(hash), next }) } },
        generatePrivateKey(),
        defaultCrypto,
      )
    const nowMs = 2_000_000_000_000
    expect(isOnChain(mainnet, record('07c9462e', 0n), nowMs)).toBe(true)
    expect(isOnChain(mainnet, record('23aa1351', 0n), nowMs)).toBe(false)
    expect(isOnChain(mainnet, signRecord({ seq: 1n, values: {} }, generatePrivateKey(), defaultCrypto), nowMs)).toBe(
      false,
    )
    expect(isOnChain(mainnet, undefined, nowMs)).toBe(false)
  })

  it('names the nearest when there is none of a name', () => {
    expect(() => chainNamed('seplia')).toThrow('did you mean sepolia?')
  })
})
