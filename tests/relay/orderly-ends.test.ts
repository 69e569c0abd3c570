// Commands that are told to end in the middle of their work: what they have is whole, and said.
import { execFile } from 'node:child_process'
import { open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { formatRecord, makeTree, parseNode, signRecord } from '@peerwire/discovery'
import { describe, expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { startUdpLiar, type UdpLiar } from '../support/udp-liar.ts'
import { BIN, is, it } from './support/command.ts'

const WAIT = { timeout: 60_000 }

interface Written {
  readonly nodes: readonly { readonly url: string; readonly isLive: boolean }[]
  readonly isWhole: boolean
}

const readCrawl = async (path: string): Promise<Written> => JSON.parse(await readFile(path, 'utf8')) as Written

/** Nodes that answer, of which the first tells of the others. */
async function startNodes(count: number, cleanUp: (step: () => unknown) => void): Promise<readonly UdpLiar[]> {
  const others = await Promise.all(Array.from({ length: count - 1 }, () => startUdpLiar({ nodes: () => [] })))
  const known = others.map(({ url }) => {
    const { host, udp, tcp, publicKey } = parseNode(url, defaultCrypto)!
    return { host, udp, tcp, publicKey }
  })
  const all = [await startUdpLiar({ nodes: () => known }), ...others]
  cleanUp(() => all.forEach((node) => node.close()))
  return all
}

describe('peerwire crawl', () => {
  it('writes what it finds as it comes, and ends with all of it, but not at SIGHUP', async ({
    start,
    cleanUp,
    temporary,
  }) => {
    const [node] = await startNodes(1, cleanUp)
    const out = join(await temporary(), 'nodes.json')
    const child = start(['crawl', '--bootnode', node!.url, '--for', '600', '--out', out])
    const count = async (): Promise<number> => (await readCrawl(out)).nodes.length
    await expect.poll(() => count().catch(() => 0), WAIT).toBe(1)
    expect((await readCrawl(out)).isWhole).toBe(false)
    child.hangUp()
    process.kill(child.pid, 'SIGTERM')
    expect(await child.exited).toBe(0)
    expect(await readCrawl(out)).toMatchObject({ nodes: [{ url: node!.url, isLive: true }], isWhole: true })
    expect(child.lines).toEqual([{ text: `1 nodes, 1 live, 0 with their names: ${out}` }])
  })

  it('whose file may not grow any more leaves what fits, whole, and says so', async ({ cleanUp, temporary }) => {
    const nodes = await startNodes(6, cleanUp)
    const out = join(await temporary(), 'nodes.json')
    const args = ['crawl', '--json', '--bootnode', nodes[0]!.url, '--for', '600', '--out', out]
    // In units of 512 bytes: three nodes.
    const limited = ['-c', 'ulimit -f 2 && exec "$0" "$@"', process.execPath, BIN, ...args]
    const child = startProcess('sh', limited, { name: 'peerwire' })
    cleanUp(() => child.kill())
    expect(await child.exited).toBe(1)
    expect(child.stderr).toBe(`peerwire crawl: cannot write ${out}: the file may not grow any more\n`)
    const { nodes: written, isWhole } = await readCrawl(out)
    expect([written.length > 0, isWhole]).toEqual([true, false])
    const told = child.lines.filter(is('node')).map(({ url }) => url)
    expect(told.slice(0, -1)).toEqual(written.map(({ url }) => url))
  })
})

describe('peerwire dns sign', () => {
  const record = formatRecord(signRecord({ seq: 1n, values: { tcp: 30_303 } }, generatePrivateKey(), defaultCrypto))

  /** A folder where this file comes in as slowly as the test likes: the answer waits until somebody opens it. */
  async function slowFile(folder: string, name: string) {
    const path = join(folder, name)
    await promisify(execFile)('mkfifo', [path])
    return async (flags: 'w' | 'r') => await open(path, flags)
  }

  it('that is stopped while it reads a long list writes nothing', async ({ start, temporary }) => {
    const folder = await temporary()
    const opened = await slowFile(folder, 'nodes.json')
    const child = start(['dns', 'sign', folder, '--key', join(folder, 'key'), '--domain', 'nodes.example'])
    const file = await opened('w')
    // Each is proven: that takes seconds, if nobody is heard meanwhile.
    await file.writeFile(JSON.stringify(Array.from({ length: 5_000 }, () => record)))
    await file.close()
    process.kill(child.pid, 'SIGINT')
    expect(await child.exited).toBe(1)
    expect([child.stderr, child.lines]).toEqual(['peerwire dns sign: stopped by SIGINT\n', []])
    expect(await readdir(folder)).toEqual(['nodes.json'])
  })

  it('that is stopped while it writes writes all of it', async ({ start, temporary }) => {
    const folder = await temporary()
    await writeFile(join(folder, 'nodes.json'), JSON.stringify([record]))
    // More than a pipe takes while nobody reads from it: it can't be done before it is stopped.
    const link = makeTree({ domain: 'other.example', seq: 1, records: [] }, generatePrivateKey(), defaultCrypto).url
    const links = Array.from({ length: 1_000 }, () => link)
    await writeFile(join(folder, 'enrtree-info.json'), JSON.stringify({ seq: 4, links }))
    const opened = await slowFile(folder, 'enrtree-info.json.new')
    const child = start(['dns', 'sign', folder, '--key', join(folder, 'key'), '--domain', 'nodes.example'])
    const info = await opened('r')
    child.hangUp()
    process.kill(child.pid, 'SIGTERM')
    const text = String(await info.readFile())
    await info.close()
    expect(await child.exited).toBe(0)
    expect(text.length).toBeGreaterThan(65_536)
    const { url, seq } = JSON.parse(text) as { readonly url: string; readonly seq: number }
    const says = expect.stringMatching(/^1 records and 1000 links as \d+ TXT records, sequence 5$/)
    expect([seq, child.lines.map((line) => line['text'])]).toEqual([5, [url, says]])
    const names = ['TXT.json', 'enrtree-info.json', 'key', 'nodes.json', 'tree.zone']
    expect((await readdir(folder)).toSorted()).toEqual(names)
    expect(JSON.parse(await readFile(join(folder, 'TXT.json'), 'utf8'))).toHaveProperty(['nodes.example'])
  })
})
