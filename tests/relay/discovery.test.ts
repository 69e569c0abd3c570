// Relays that find each other, and the commands that look around: as processes, over UDP of this machine.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { generatePrivateKey, portableCrypto, toHex } from '@peerwire/core'
import { it } from './support/command.ts'

/** A node that nobody is: it keeps a relay from asking the network's own bootnodes. */
const NOBODY = `enode://${toHex(portableCrypto.publicKeyOf(generatePrivateKey()))}@127.0.0.1:1`
const WAIT_MS = 20_000
const SLOW_MS = 90_000

describe('relays of one network', () => {
  it('find and dial each other, and state its fork id', { timeout: SLOW_MS }, async ({ relay, run }) => {
    const one = await relay(['--network', 'hoodi', '--bootnode', NOBODY, '--no-address-book'])
    const two = await relay(['--network', 'hoodi', '--bootnode', one.enode, '--no-address-book'])
    const peer = await two.process.waitFor((line) => line['event'] === 'peer', WAIT_MS)
    expect(peer['name']).toMatch(/^peerwire\//)
    const found = await one.process.waitFor((line) => line['event'] === 'discovery')
    const { code, lines } = await run('resolve', one.enode, '--json', '--listen', 'udp://127.0.0.1:0')
    expect(code).toBe(0)
    expect(lines[0]).toMatchObject({ event: 'node', enode: one.enode, eth: '23aa1351/0', record: found['record'] })
  })

  it('do not dial those of another', { timeout: SLOW_MS }, async ({ relay }) => {
    const one = await relay(['--network', 'hoodi', '--bootnode', NOBODY, '--no-address-book'])
    const two = await relay(['--network', 'sepolia', '--bootnode', one.enode, '--no-address-book'])
    const looking = await two.process.waitFor((line) => line['event'] === 'looking', WAIT_MS)
    expect(looking).toMatchObject({ state: 'waiting', known: 1, live: 1, refused: {}, failures: {} })
    expect(looking['left']).toMatchObject({ 'not accepted': expect.any(Number) })
    expect(looking['left']).not.toMatchObject({ 'not accepted': 0 })
    expect(looking['sentence']).toMatch(/^0 peers, 0 of 8 outbound; candidates from discovery/)
    expect(two.process.lines.some(({ event }) => event === 'peer' || event === 'dialfail')).toBe(false)
  })

  it('look for nobody when they are told so', { timeout: SLOW_MS }, async ({ relay, run }) => {
    const one = await relay(['--network', 'hoodi', '--no-discovery'])
    expect(one.process.lines.some(({ event }) => event === 'discovery')).toBe(false)
    const { code, stderr } = await run('resolve', one.enode, '--listen', 'udp://127.0.0.1:0')
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^peerwire resolve: request timeout: 127\.0\.0\.1:\d+ did not answer a request for its record\n$/,
    )
  })
})

describe('peerwire crawl', () => {
  it('writes down a network with the names of its clients', { timeout: SLOW_MS }, async ({ relay, run, temporary }) => {
    const one = await relay(['--network', 'mainnet', '--bootnode', NOBODY, '--no-address-book'])
    const two = await relay(['--bootnode', one.enode, '--no-address-book'])
    await one.process.waitFor((line) => line['event'] === 'peer', WAIT_MS)
    const file = join(await temporary(), 'nodes.json')
    const where = ['--bootnode', two.enode, '--listen', 'udp://127.0.0.1:0', '--for', '4', '--out', file]
    const { code, text } = await run('crawl', ...where)
    expect([code, text]).toEqual([0, `2 nodes, 2 live, 2 with their names: ${file}`])
    const written = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>
    expect(written).toMatchObject({ version: 1, isWhole: true, tookMs: expect.any(Number) })
    const nodes = written['nodes'] as Readonly<Record<string, unknown>>[]
    expect(nodes.map(({ url }) => String(url)).toSorted()).toEqual([one.enode, two.enode].toSorted())
    expect(nodes.find(({ url }) => url === one.enode)).toMatchObject({ isLive: true, eth: '07c9462e/0' })
    for (const { name, caps } of nodes) {
      expect(name).toMatch(/^peerwire\//)
      expect(caps).toContain('eth/69')
    }
  })
})

describe('what can’t be read', () => {
  it.for<[args: string[], says: string]>([
    [
      ['relay', '--network', 'hodi'],
      '--network must be one of mainnet, sepolia, hoodi, not "hodi"; did you mean hoodi?',
    ],
    [['relay', '--bootnode', 'enode://12'], '--bootnode: a public key has 128 hex digits, not 2 characters'],
    [['relay', '--bootnode', 'enr:AA'], '--bootnode: a string where a list belongs'],
    [['relay', '--dns', 'enrtree://x'], '--dns: '],
    [['crawl'], 'nobody to begin with: name a --network or a --bootnode'],
    [['crawl', '--network', 'hoodi', '--for', '0'], '--for must be a whole number from 1 to 86400, not "0"'],
    [['resolve'], 'what to resolve is missing'],
    [['resolve', NOBODY.replace(/@.*/, '')], 'a key alone has to be looked for'],
  ])('ends %j with 2 and a sentence', async ([args, says], { run }) => {
    const { code, stderr } = await run(...args)
    expect(stderr).toContain(says)
    expect([code, stderr.split('\n').length]).toEqual([2, 2])
  })

  it('is a record that is not right', async ({ run }) => {
    const { code, stderr } = await run('resolve', 'enr:abc')
    const why = 'this is no record: invalid message: 1 bytes after the item'
    const words = `peerwire resolve: ${why} (see peerwire resolve --help)\n`
    expect([code, stderr]).toEqual([2, words])
  })
})
