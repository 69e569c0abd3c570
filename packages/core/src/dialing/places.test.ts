import { describe, expect, it } from 'vitest'
import { placesOf } from './places.ts'
import type { PlacesInput } from './places.ts'
import { dialPolicy } from './policy.ts'

/** A listener with an address book. */
const BASE: PlacesInput = { maxPeers: 50, listens: true, seeks: true, probes: true }
const ETHEREUM = dialPolicy('ethereum')

describe('the places of a node', () => {
  it.each<[maxPeers: number, outbound: number, inbound: number, probing: number]>([
    [0, 0, 0, 0],
    [1, 1, 0, 0],
    [2, 1, 1, 0],
    [3, 1, 2, 0],
    [4, 1, 3, 0],
    [5, 1, 4, 0],
    [6, 2, 4, 0],
    [9, 3, 6, 0],
    [12, 4, 8, 0],
    [23, 7, 16, 0],
    [24, 8, 15, 1],
    [25, 8, 16, 1],
    [50, 8, 41, 1],
    [1000, 8, 991, 1],
  ])('of one that dials and can be dialed: of %d it dials %d, %d dial it, %d is for probes', (maxPeers, ...shares) => {
    const { outbound, inbound, probing } = placesOf({ ...BASE, maxPeers })
    expect([outbound, inbound, probing]).toEqual(shares)
  })

  it.each<[maxPeers: number, outbound: number, inbound: number, probing: number]>([
    [0, 0, 0, 0],
    [1, 1, 0, 0],
    [2, 2, 0, 0],
    [8, 8, 0, 0],
    [9, 8, 1, 0],
    [50, 8, 41, 1],
  ])('of one that nobody can dial: of %d it dials %d', (maxPeers, ...shares) => {
    const { outbound, inbound, probing } = placesOf({ ...BASE, maxPeers, listens: false })
    expect([outbound, inbound, probing]).toEqual(shares)
  })

  it.each<[maxPeers: number, outbound: number, inbound: number]>([
    [0, 0, 0],
    [1, 1, 0],
    [2, 1, 1],
    [3, 1, 2],
    [6, 2, 4],
    [23, 7, 15],
    [50, 16, 33],
    [300, 100, 199],
  ])('with the preset ethereum: of %d it dials %d, as go-ethereum does', (maxPeers, outbound, inbound) => {
    const probes = maxPeers > 23
    const places = placesOf({ ...BASE, maxPeers, probes, policy: ETHEREUM })
    expect(places).toMatchObject({ outbound, inbound: probes ? inbound : maxPeers - outbound })
  })

  it('are all for those who dial it, where there is no source of candidates', () => {
    for (const maxPeers of [0, 1, 5, 50]) {
      expect(placesOf({ ...BASE, maxPeers, seeks: false }).inbound).toBe(maxPeers)
    }
  })

  it('are those that the user says; the rest is for the others', () => {
    const policy = dialPolicy({ outbound: 6 })
    expect(placesOf({ ...BASE, maxPeers: 10, policy })).toMatchObject({ outbound: 6, inbound: 4 })
    expect(placesOf({ ...BASE, maxPeers: 10, maxInbound: 9 })).toMatchObject({ outbound: 1, inbound: 9 })
    expect(placesOf({ ...BASE, maxPeers: 10, maxInbound: 10 })).toMatchObject({ outbound: 0, inbound: 10 })
    const half = dialPolicy({ preset: 'ethereum', dialRatio: 2 })
    expect(placesOf({ ...BASE, maxPeers: 10, policy: half })).toMatchObject({ outbound: 5, inbound: 5 })
  })

  it('are never more than there are, whatever they follow from', () => {
    for (let maxPeers = 0; maxPeers < 120; maxPeers++) {
      for (const listens of [true, false]) {
        for (const policy of [undefined, ETHEREUM]) {
          for (const maxInbound of [undefined, 0, Math.floor(maxPeers / 2), maxPeers]) {
            const { outbound, inbound, probing } = placesOf({ ...BASE, maxPeers, listens, policy, maxInbound })
            expect(outbound + inbound + probing).toBeLessThanOrEqual(maxPeers)
            expect(Math.min(outbound, inbound, probing)).toBeGreaterThanOrEqual(0)
          }
        }
      }
    }
  })

  it('contradict what is more than there are', () => {
    const eight = dialPolicy({ outbound: 8 })
    const places = (more: Partial<PlacesInput>) => () => placesOf({ ...BASE, maxPeers: 10, ...more })
    expect(places({ maxInbound: 11 })).toThrow('maxInbound 11 of createNode need more than maxPeers 10')
    expect(places({ maxPeers: 7, policy: eight })).toThrow('outbound 8 of dialing of createNode need more than')
    expect(places({ maxInbound: 3, policy: eight })).toThrow('maxInbound 3 and outbound 8 of dialing of createNode')
  })
})
