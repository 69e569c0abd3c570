// `peerwire dns sign`: from records in a folder to what is published, and what it says when it can't.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultCrypto, generatePrivateKey, seededRandom, systemClock, systemRandom } from '@peerwire/core'
import { formatRecord, signRecord, TreeClient } from '@peerwire/discovery'
import { describe, expect } from 'vitest'
import { it } from './support/command.ts'

const random = seededRandom(5)
const signal = new AbortController().signal

function recordText(seq: bigint, privateKey: Uint8Array = generatePrivateKey(random)): string {
  const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp: 30_303, wss: 'relay.example:443/' }
  return formatRecord(signRecord({ seq, values }, privateKey, defaultCrypto))
}

/** Reads the tree that was written, as a client does. */
async function readTree(folder: string, url: string) {
  const texts = JSON.parse(await readFile(join(folder, 'TXT.json'), 'utf8')) as Record<string, string>
  const resolver = { texts: async (name: string) => (texts[name] === undefined ? [] : [texts[name]]) }
  const limits = { perSecond: 1e6, burst: 1e6 }
  const options = { resolver, limits, crypto: defaultCrypto, clock: systemClock, random: systemRandom }
  return await new TreeClient(options).read(url, signal)
}

describe('dns sign', () => {
  it('publishes the newest record of each node, and counts the sequence on', async ({ run, temporary }) => {
    const folder = await temporary()
    const key = join(folder, 'tree-key')
    const [first, second] = [generatePrivateKey(random), generatePrivateKey(random)]
    const nodes = [recordText(1n, first), { record: recordText(3n, first) }, { record: recordText(2n, first) }]
    await writeFile(join(folder, 'nodes.json'), JSON.stringify([...nodes, recordText(1n, second)]))
    const made = await run('dns', 'sign', folder, '--key', key, '--domain', 'nodes.example', '--json')
    expect(made.code).toBe(0)
    expect(made.lines).toMatchObject([{ event: 'signed', seq: 1, records: 2, links: 0, texts: 5 }])
    const url = String(made.lines[0]!['url'])
    expect(url).toMatch(/^enrtree:\/\/[A-Z2-7]{53}@nodes\.example$/)
    const tree = await readTree(folder, url)
    expect(tree.records.map(({ seq }) => Number(seq)).toSorted((a, b) => a - b)).toEqual([1, 3])
    expect((await stat(key)).mode & 0o777).toBe(0o600)
    const again = await run('dns', 'sign', folder, '--key', key, '--link', url, '--json')
    expect(again.lines).toMatchObject([{ url, seq: 2, links: 1 }])
    expect(await readTree(folder, url)).toMatchObject({ seq: 2, links: [url] })
    const zone = await readFile(join(folder, 'tree.zone'), 'utf8')
    expect(zone).toMatch(/^nodes\.example\. 300 IN TXT "enrtree-root:v1 e=\S+ l=\S+ seq=2 sig=[^"]+"$/m)
    for (const string of zone.match(/"[^"]*"/g)!) expect(string.length).toBeLessThanOrEqual(257)
  })

  it('takes the form that go-ethereum keeps, an object by id', async ({ run, temporary }) => {
    const folder = await temporary()
    await writeFile(join(folder, 'nodes.json'), JSON.stringify({ abc: { seq: 1, record: recordText(1n), score: 7 } }))
    const { code, text } = await run('dns', 'sign', folder, '--key', join(folder, 'k'), '--domain', 'nodes.example')
    expect(code).toBe(0)
    expect(text).toContain('1 records and 0 links as 4 TXT records, sequence 1')
  })

  it.for<[string, Record<string, unknown>, string[], number, string]>([
    ['no folder', {}, [], 2, 'a folder with nodes.json is missing'],
    ['no key', { 'nodes.json': [] }, ['DIR'], 2, '--key is missing'],
    ['no domain', { 'nodes.json': [] }, ['DIR', '--key', 'KEY'], 2, '--domain is missing'],
    ['no nodes', {}, ['DIR', '--key', 'KEY', '--domain', 'a.b'], 1, 'nodes.json: there is no such file'],
    ['a bad domain', { 'nodes.json': [] }, ['DIR', '--key', 'KEY', '--domain', 'a..b'], 2, 'not at "a..b"'],
    [
      'a bad record',
      { 'nodes.json': ['enr:AAAA'] },
      ['DIR', '--key', 'KEY', '--domain', 'a.b'],
      1,
      'entry 0 of nodes.json',
    ],
    ['a number', { 'nodes.json': [7] }, ['DIR', '--key', 'KEY', '--domain', 'a.b'], 1, 'has no record (enr:…)'],
    ['a text', { 'nodes.json': 'x' }, ['DIR', '--key', 'KEY', '--domain', 'a.b'], 1, 'neither a list nor an object'],
    ['a bad link', { 'nodes.json': [] }, ['DIR', '--key', 'KEY', '--domain', 'a.b', '--link', 'x'], 2, 'enrtree://'],
    [
      'a sequence that goes back',
      { 'nodes.json': [], 'enrtree-info.json': { seq: 9 } },
      ['DIR', '--key', 'KEY', '--domain', 'a.b', '--seq', '8'],
      2,
      '--seq 8 is behind 9',
    ],
    [
      'a file in place of the key',
      { 'nodes.json': [], KEY: 'no key' },
      ['DIR', '--key', 'KEY', '--domain', 'a.b'],
      1,
      'holds no private key',
    ],
  ])('says in one sentence what is wrong: %s', async ([, files, args, code, sentence], { run, temporary }) => {
    const folder = await temporary()
    await mkdir(folder, { recursive: true })
    for (const [name, value] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(value))
    const words = args.map((arg) => (arg === 'DIR' ? folder : arg === 'KEY' ? join(folder, 'KEY') : arg))
    const ended = await run('dns', 'sign', ...words)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(sentence)
    expect(ended.stderr.trim().split('\n').length).toBe(1)
    // Nothing is written for arguments that are wrong, not even a key.
    expect(await readdir(folder)).toEqual(Object.keys(files).toSorted())
  })
})
