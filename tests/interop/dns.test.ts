// DNS node lists both ways: go-ethereum's tool reads ours, and we read what it signed.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { createCipheriv, randomBytes, scryptSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { concatBytes, defaultCrypto, generatePrivateKey, seededRandom, systemClock, toHex } from '@peerwire/core'
import { formatRecord, makeTree, type NodeRecord, parseTreeUrl, signRecord, TreeClient } from '@peerwire/discovery'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hoodi } from '../../packages/relay/src/networks/hoodi.ts'
import { ensureGoPeers } from '../../scripts/go-peers.mjs'
import { BIN } from '../relay/support/command.ts'
import { startProcess } from '../support/json-process.ts'

const run = promisify(execFile)
const LAB = fileURLToPath(new URL('support/dns-lab.mjs', import.meta.url))
const random = seededRandom(21)
const peers = await ensureGoPeers({ geth: true })
const hasGo = peers?.devp2p !== undefined
/** A network of one's own takes Linux, and the right to make one. */
const hasLab = spawnSync('unshare', ['-r', '-n', '-m', 'ip', 'link', 'set', 'lo', 'up']).status === 0

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-dns-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function makeRecords(count: number): readonly NodeRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const values = { ip: Uint8Array.of(127, 0, 1, i), tcp: 30_303, udp: 30_303, wss: `relay${i}.example:443/` }
    return signRecord({ seq: BigInt(i + 1), values }, generatePrivateKey(random), defaultCrypto)
  })
}

const texts = (records: readonly NodeRecord[]): string[] => records.map(formatRecord).toSorted()

/** A key file as go-ethereum keeps it, which the empty password opens. */
function keyFile(privateKey: Uint8Array): string {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const derived = scryptSync('', salt, 32, { N: 2, r: 8, p: 1 })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(privateKey), cipher.final()])
  const mac = toHex(defaultCrypto.keccak256(concatBytes(derived.subarray(16, 32), ciphertext)))
  return JSON.stringify({
    version: 3,
    id: '00000000-0000-4000-8000-000000000000',
    address: toHex(defaultCrypto.keccak256(defaultCrypto.publicKeyOf(privateKey)).slice(12)),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams: { n: 2, r: 8, p: 1, dklen: 32, salt: salt.toString('hex') },
      mac,
    },
  })
}

/** Runs a program that asks for a password, and gives the empty one. */
async function runWithPassword(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args)
  child.stdin.end('\n')
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${said}`)
}

describe.runIf(hasGo && hasLab)('a list of ours', () => {
  it.each([1, 40])('of %d nodes is what devp2p dns sync reads', async (count) => {
    const folder = await temporary()
    const records = makeRecords(count)
    const links = [
      makeTree({ domain: 'b.example', seq: 1, records: [] }, generatePrivateKey(random), defaultCrypto).url,
    ]
    const tree = makeTree({ domain: 'a.example', seq: 7, records, links }, generatePrivateKey(random), defaultCrypto)
    await writeFile(join(folder, 'texts.json'), JSON.stringify(Object.fromEntries(tree.texts)))
    const out = join(folder, 'out')
    const lab = ['-r', '-n', '-m', process.execPath, LAB, join(folder, 'texts.json')]
    await run('unshare', [...lab, peers!.devp2p!, 'dns', 'sync', tree.url, out])
    const nodes = JSON.parse(await readFile(join(out, 'nodes.json'), 'utf8')) as Record<string, { record: string }>
    expect(
      Object.values(nodes)
        .map(({ record }) => record)
        .toSorted(),
    ).toEqual(texts(records))
    const info = JSON.parse(await readFile(join(out, 'enrtree-info.json'), 'utf8')) as Record<string, unknown>
    expect(info).toMatchObject({ url: tree.url, seq: 7, links })
  })
})

// Out of its network of its own no packet comes to the true nodes and servers of a public one.
describe.runIf(hasLab)('a relay of a public network', () => {
  it('reads its list, and believes its key alone', async () => {
    const folder = await temporary()
    const { domain } = parseTreeUrl(hoodi.tree)
    const forged = makeTree({ domain, seq: 1, records: makeRecords(1) }, generatePrivateKey(random), defaultCrypto)
    await writeFile(join(folder, 'texts.json'), JSON.stringify(Object.fromEntries(forged.texts)))
    const listen = ['--listen', 'ws://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0', '--data-dir', folder]
    const relay = [BIN, 'relay', '--network', 'hoodi', ...listen, '--no-address-book', '--log-level', 'debug']
    const lab = ['-r', '-n', '-m', process.execPath, LAB, join(folder, 'texts.json'), process.execPath, ...relay]
    const child = startProcess('unshare', [...lab, '--dns-server', '127.0.0.1'], { linesFrom: 'stderr' })
    onTestFinished(() => child.stop())
    const line = await child.waitFor(({ text }) => String(text).includes('A DNS node list gives trouble'))
    expect(line['text']).toContain(hoodi.tree)
    expect(line['text']).toContain("the signature is not of the tree's key")
  })
})

describe.runIf(hasGo)('a list that devp2p dns sign signed', () => {
  it('is read by ours', async () => {
    const folder = await temporary()
    const privateKey = generatePrivateKey(random)
    const records = makeRecords(30)
    const links = ['enrtree://AKA3AM6LPBYEUDMVNU3BSVQJ5AD45Y7YPOHJLEF6W26QOE4VTUDPE@b.example']
    const entries = records.map((record) => [
      toHex(record.id!),
      { seq: Number(record.seq), record: formatRecord(record) },
    ])
    await writeFile(join(folder, 'nodes.json'), JSON.stringify(Object.fromEntries(entries)))
    await writeFile(join(folder, 'enrtree-info.json'), JSON.stringify({ links }))
    await writeFile(join(folder, 'key.json'), keyFile(privateKey))
    const sign = ['dns', 'sign', '--domain', 'c.example', '--seq', '3', folder, join(folder, 'key.json')]
    await runWithPassword(peers!.devp2p!, sign)
    await run(peers!.devp2p!, ['dns', 'to-txt', folder, join(folder, 'texts.json')])
    const all = JSON.parse(await readFile(join(folder, 'texts.json'), 'utf8')) as Record<string, string>
    const { url } = JSON.parse(await readFile(join(folder, 'enrtree-info.json'), 'utf8')) as { url: string }
    expect(parseTreeUrl(url).domain).toBe('c.example')
    const byName = new Map(Object.entries(all).map(([name, text]) => [name.toLowerCase(), text]))
    const resolver = {
      texts: async (name: string) => [byName.get(name.toLowerCase())].filter((text) => text !== undefined),
    }
    const limits = { perSecond: 1e6, burst: 1e6 }
    const client = new TreeClient({ resolver, limits, crypto: defaultCrypto, clock: systemClock, random })
    const tree = await client.read(url, new AbortController().signal)
    expect(tree).toMatchObject({ seq: 3, links })
    expect(texts(tree.records)).toEqual(texts(records))
  })
})
