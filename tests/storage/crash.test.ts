// A book outlives a program that is killed while it saves.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNode, generatePrivateKey, randomBelow, seededRandom } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { AddressBookInspection } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rounds, seed } from '../support/counts.ts'
import { startProcess } from '../support/json-process.ts'

const SAVER = fileURLToPath(new URL('./support/saver.mjs', import.meta.url))
const KILLS = rounds(5, 200)
const ADDRESSES = rounds(3000, 6000)
/** Milliseconds: enough for several saves, and for none. */
const LONGEST_LIFE_MS = rounds(150, 600)
/** Milliseconds: to fill a book takes a second or two, on a machine that does nothing else. */
const START_MS = 120_000

/** Reads a book as a node does that starts, and lets it be. */
async function look(folder: string): Promise<AddressBookInspection> {
  const book = addressBook({ feelers: false })
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [{ name: 'none', canDial: () => false, dial: () => Promise.reject(new Error('no network')) }],
    plugins: [book],
    storage: openStorage(folder),
  })
  await node.start()
  const found = book.inspect()!
  await node.close()
  return found
}

describe('a program that is killed while it saves its book', () => {
  it(`keeps the old one or the new one whole, ${KILLS} times`, { timeout: 30_000 + KILLS * 10_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerwire-crash-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const random = seededRandom(seed)
    let least = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const saver = startProcess(process.execPath, [SAVER, folder, String(ADDRESSES)])
      await saver.waitFor((line) => line['event'] === 'saving', START_MS)
      // One life is long enough for a save on any machine.
      if (kill === KILLS - 1) await saver.waitFor(() => saver.lines.length > 1, START_MS)
      await new Promise((resolve) => setTimeout(resolve, randomBelow(random, LONGEST_LIFE_MS)))
      await saver.kill()
      const totals = saver.lines.map((line) => Number(line['total']))
      const { addresses, file } = await look(folder)
      expect(file!.trouble).toBeUndefined()
      // The save that was under way, the one before, or, in the first moments, what the life before has left.
      expect([...totals.slice(-2), least]).toContain(addresses.total)
      expect(addresses.total).toBeGreaterThanOrEqual(least)
      least = addresses.total
    }
    expect(least).toBeGreaterThanOrEqual(ADDRESSES)
    const files = (await readdir(folder)).map((name) => name.replace(/^lock-.*/, 'lock-'))
    expect(files.filter((name) => name.includes('damaged'))).toEqual([])
    expect(files.length).toBeLessThan(10)
  })
})

describe('a folder', () => {
  it('is refused to a second program, and given to one that comes after a killed one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerwire-lock-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const saver = startProcess(process.execPath, [SAVER, folder, '1'])
    onTestFinished(() => void saver.kill())
    await saver.waitFor(() => saver.lines.length > 1, START_MS)
    await expect(look(folder)).rejects.toThrow(/is in use by node [0-9a-f]{7}\.\.\. \(process \d+\)/)
    await saver.kill()
    expect((await look(folder)).addresses.total).toBeGreaterThan(0)
  })
})
