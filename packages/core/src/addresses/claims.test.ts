// A host's own word, by the key that it has proven: what it stands against, for how long, and what stands against it.
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import type { AddressTables } from './address-tables.ts'
import { parseNetworkAddress } from './endpoint-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { faultsOf } from './table-check.ts'
import type { TableState } from './table-state.ts'
import { createTableState, tablesOf } from './tables.ts'

const NOW = 1_700_000_000
const DAY = 86_400
const HOST = at('tcp://20.1.1.1:30303')
/** Where it is connected from. */
const ITSELF = at('tcp://20.1.1.1:50000')
const TELLERS = [at('tcp://30.1.1.1:1'), at('tcp://40.1.1.1:1')]
const [LIE, TRUTH, RENEWED] = [keyOf(1), keyOf(2), keyOf(3)]

let state: TableState
let tables: AddressTables
beforeEach(() => {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  state = createTableState({ random: seededRandom(1), sha256 })
  tables = tablesOf(state)
})

function at(text: string): NetworkAddress {
  return parseNetworkAddress(text)!
}

function keyOf(byte: number): Uint8Array {
  return new Uint8Array(64).fill(byte)
}

function says(publicKey: Uint8Array, now = NOW): boolean {
  return tables.add({ address: HOST, publicKey, time: now, isOwn: true }, ITSELF, now)
}

function tell(publicKey: Uint8Array, source = TELLERS[0]!, now = NOW): boolean {
  return tables.add({ address: HOST, publicKey, time: now }, source, now)
}

const keys = (): number[] => tables.claims(HOST).map(({ publicKey }) => publicKey[0]!)

describe('what a host says of itself', () => {
  it('takes the place of what others have said of it, also when they said the same', () => {
    tell(LIE)
    tell(TRUTH, TELLERS[1])
    expect(keys()).toEqual([1, 2])
    expect([tables.told(HOST, NOW), tables.sample(NOW, { percent: 100 })]).toEqual([undefined, []])
    says(TRUTH)
    expect(keys()).toEqual([2])
    expect(tables.told(HOST, NOW)?.publicKey).toEqual(TRUTH)
    expect(faultsOf(state)).toEqual([])
  })

  it('is not contradicted by others for a week, and then stands beside what they say', () => {
    says(TRUTH)
    expect([tell(LIE), keys()]).toEqual([false, [2]])
    expect(tables.shown(HOST, NOW + 7 * DAY - 1)?.publicKey).toEqual(TRUTH)
    expect([tell(LIE, TELLERS[0], NOW + 7 * DAY), keys()]).toEqual([true, [2, 1]])
  })

  it('is doubted once a dial has failed', () => {
    says(TRUTH)
    tables.attempt(HOST, NOW, { countFailure: true, publicKey: TRUTH })
    expect(tables.shown(HOST, NOW)).toBeUndefined()
    expect(tell(LIE)).toBe(true)
  })

  it('holds with another key from the moment that it comes back with one', () => {
    says(TRUTH)
    expect([says(RENEWED, NOW + 60), keys()]).toEqual([true, [3]])
    expect(tables.told(HOST, NOW + 60)?.publicKey).toEqual(RENEWED)
    expect(faultsOf(state)).toEqual([])
  })

  it('does not stand against what a handshake has shown there', () => {
    tell(TRUTH)
    tables.good(HOST, TRUTH, NOW)
    expect([says(LIE), keys()]).toEqual([false, [2]])
  })

  it('is not what somebody says of another host by a key of his own', () => {
    tell(TRUTH)
    tables.add({ address: HOST, publicKey: LIE, time: NOW, isOwn: true }, TELLERS[1]!, NOW)
    expect(keys()).toEqual([2, 1])
    expect(tables.told(HOST, NOW)).toBeUndefined()
  })
})
