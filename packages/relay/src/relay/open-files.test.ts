// What fits into few open files, and that all of it together does.
import { expect, it } from 'vitest'
import { budgetFor } from './open-files.ts'

const PLAIN = { maxPeers: 200, bridge: [], bridgeAllow: [] }
const TARGET = { alias: 'a', endpoint: { scheme: 'tcp', host: 'h', port: 1 }, publicKey: undefined }
const BRIDGED = { ...PLAIN, bridge: [TARGET] }

it('leaves alone what fits', () => {
  expect(budgetFor(PLAIN)).toEqual({ maxPeers: 200, needed: 364, limits: {}, bridge: { links: 256 } })
  expect(budgetFor(BRIDGED, 20_000)).toMatchObject({ maxPeers: 200, needed: 1600, limits: {}, bridge: { links: 256 } })
})

it.each([
  ['256', PLAIN, 256],
  ['256 with a bridge', BRIDGED, 256],
  ['1,024 with a bridge', BRIDGED, 1024],
])('%s are enough for peers, bridge and visitors at once', (_, options, files) => {
  const { maxPeers, limits, bridge } = budgetFor(options, files)
  const { waitingInbound = 0, pendingInbound = 0 } = limits
  expect(Math.min(maxPeers, waitingInbound, pendingInbound, bridge.links)).toBeGreaterThan(7)
  const links = options.bridge.length > 0 ? 2 * bridge.links : 0
  expect(64 + maxPeers + links + waitingInbound + 2 * pendingInbound).toBeLessThanOrEqual(files)
})

it.each([0, 30, 65, 70])('%d are too few, and nothing is without a place for all that', (files) => {
  const { maxPeers, limits, bridge } = budgetFor(BRIDGED, files)
  expect([maxPeers, bridge.links]).toEqual([Math.max(1, maxPeers), Math.max(1, bridge.links)])
  expect(limits).toMatchObject({ waitingInbound: 2, pendingInbound: 2 })
})
