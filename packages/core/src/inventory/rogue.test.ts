import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { seededRandom } from '../base/random.ts'
import { createInventory } from './inventory.ts'
import type { Inventory, ItemNote } from './tasks.ts'

const TX = 1
const PER_MESSAGE = 50_000
/** What an announcement that is tracked costs beside the tables, in bytes; measured 178, rounded up. */
const TRACKED_BYTES = 200

/** Announces made-up ids, `count` in all, as one inv after another; what is asked is never answered. */
function flood(inventory: Inventory, peer: string, count: number, seed: number): void {
  const random = seededRandom(seed)
  const notes: ItemNote[] = Array.from({ length: PER_MESSAGE }, () => ({ id: new Uint8Array(32), meta: 0 }))
  for (let sent = 0; sent < count; sent += PER_MESSAGE) {
    for (const { id } of notes)
      for (let at = 0; at < 32; at += 4) new DataView(id.buffer).setUint32(at, random.uint32())
    inventory.announced(peer, TX, notes, sent)
    inventory.poll(sent)
  }
}

describe('made-up ids', () => {
  it('of one peer evict only what it is known to have, take less than 2 MB, and leave with it', () => {
    const inventory = createInventory({ random: seededRandom(1) })
    const honest = new Uint8Array(32).fill(7)
    inventory.addPeer('rogue', { preferred: false, kinds: [TX] })
    inventory.addPeer('honest', { preferred: false, kinds: [TX] })
    inventory.know('honest', TX, [honest], 0)
    flood(inventory, 'rogue', rounds(60_000, 1_000_000), 1)
    const figures = inventory.inspect()
    expect(figures).toMatchObject({ known: 5001, tracked: 5000 })
    // With what it was asked for and hasn't answered.
    expect(figures.ids).toBeLessThanOrEqual(10_001 + 256)
    expect(figures.knownBytes + figures.idBytes + figures.tracked * TRACKED_BYTES).toBeLessThan(2_000_000)
    expect(inventory.knows('honest', TX, honest)).toBe(true)
    inventory.removePeer('rogue')
    inventory.removePeer('honest')
    expect(inventory.inspect()).toMatchObject({ ids: 0, known: 0, knownBytes: 0, tracked: 0 })
  })

  it('of 125 peers take less than 250 MB in all, and hold up nobody else', () => {
    const peers = rounds(4, 125)
    const inventory = createInventory({ random: seededRandom(1) })
    for (let peer = 0; peer < peers; peer++) {
      inventory.addPeer(`rogue ${peer}`, { preferred: false, kinds: [TX] })
      flood(inventory, `rogue ${peer}`, PER_MESSAGE, peer)
    }
    const { ids, known, tracked, knownBytes, idBytes } = inventory.inspect()
    expect([known, tracked]).toEqual([5000 * peers, 5000 * peers])
    expect(ids).toBeLessThanOrEqual(10_000 * peers)
    expect(knownBytes + idBytes + tracked * TRACKED_BYTES).toBeLessThan((250_000_000 / 125) * peers)
    inventory.addPeer('honest', { preferred: true, kinds: [TX] })
    inventory.announced('honest', TX, [{ id: new Uint8Array(32).fill(7), meta: 0 }], 0)
    expect(inventory.poll(0).asks).toMatchObject([{ peer: 'honest' }])
  })
})
