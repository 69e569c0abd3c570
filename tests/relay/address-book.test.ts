// The relay's address book: kept in its data directory, which belongs to one relay at a time.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { is, it } from './support/command.ts'

describe('the address book of a relay', () => {
  it('has the seed that it was told, and dials it after a restart without being told', async ({ relay }) => {
    const first = await relay(['--sample'])
    await first.process.waitFor(is('item'))
    const second = await relay(['--seed', first.enode])
    const isSeed = is('peer', { inbound: false, address: first.enode })
    await second.process.waitFor(isSeed)
    await second.process.stop()
    const book = await readFile(join(second.dataDir, 'peers.json'), 'utf8')
    expect(JSON.parse(book)).toContainEqual([
      expect.stringMatching(/^[0-9a-f]{8}$/),
      expect.objectContaining({ publicKey: /[0-9a-f]{128}/.exec(first.enode)![0], isTried: true }),
    ])
    const again = await relay([], second.dataDir)
    await again.process.waitFor(isSeed)
  })

  it('is set aside with a warning when it is spoiled, and the relay starts', async ({ relay, start, temporary }) => {
    const dataDir = await temporary()
    await writeFile(join(dataDir, 'peers.json'), 'no book')
    const child = start(['relay', '--data-dir', dataDir, '--listen', 'ws://127.0.0.1:0'])
    await child.waitFor((line) => String(line['text']).includes(dataDir))
    await child.stop()
    expect(child.stderr).toMatch(/\[WARN\].*Address book trouble="peers\.json can't be used: .*kept as .*damaged-1"/)
    expect(await readFile(join(dataDir, 'peers.json.damaged-1'), 'utf8')).toBe('no book')
    await relay([], dataDir)
  })

  it('does without when it is told to', async ({ relay }) => {
    const first = await relay(['--sample'])
    await first.process.waitFor(is('item'))
    const second = await relay(['--no-address-book', '--connect', first.enode])
    const { caps } = await first.process.waitFor(is('peer', { inbound: true }))
    expect(caps).not.toContain('addr/1')
    await second.process.stop()
    await expect(readFile(join(second.dataDir, 'peers.json'))).rejects.toThrow(/ENOENT/)
  })

  it('is refused to a second relay, which says who has it', async ({ relay, run }) => {
    const first = await relay()
    const second = await run('relay', '--data-dir', first.dataDir, '--listen', 'ws://127.0.0.1:0')
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`peerwire relay: ${first.dataDir} is in use by node `)
    expect(second.stderr).toContain(`(process ${first.process.pid})`)
  })
})
