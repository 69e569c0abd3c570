// `peerwire resolve enrtree://…`, asked of a DNS server of this test.
import { createSocket } from 'node:dgram'
import { defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { formatRecord, makeTree, signRecord } from '@peerwire/discovery'
import { describe, expect } from 'vitest'
import { it } from './support/command.ts'

const TXT = 16
const IN = 1
/** Flags of an answer, and of one that says that there is no such name. */
const [ANSWER, NO_SUCH_NAME] = [0x8400, 0x8403]

/** Answers questions for TXT with what is in `texts`; gives its address, and how to end it. */
async function serveTexts(texts: ReadonlyMap<string, string>): Promise<{ address: string; close(): void }> {
  const server = createSocket('udp4')
  server.on('message', (packet, from) => server.send(answerTo(packet, texts), from.port, from.address))
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
  return { address: `127.0.0.1:${server.address().port}`, close: () => server.close() }
}

function answerTo(packet: Buffer, texts: ReadonlyMap<string, string>): Buffer {
  const labels: string[] = []
  let at = 12
  for (let size = packet[at]!; size > 0; size = packet[at]!) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + size))
    at += 1 + size
  }
  const text = texts.get(labels.join('.').toLowerCase())
  const head = Buffer.from(packet.subarray(0, at + 5))
  head.writeUInt16BE(text === undefined ? NO_SUCH_NAME : ANSWER, 2)
  for (const [place, count] of [
    [4, 1],
    [6, text === undefined ? 0 : 1],
    [8, 0],
    [10, 0],
  ] as const) {
    head.writeUInt16BE(count, place)
  }
  if (text === undefined) return head
  const strings = text.match(/.{1,255}/g)!.map((part) => Buffer.from([part.length, ...Buffer.from(part)]))
  const data = Buffer.concat(strings)
  const record = Buffer.alloc(12)
  // A pointer to the name in the question.
  for (const [place, value] of [
    [0, 0xc00c],
    [2, TXT],
    [4, IN],
    [10, data.length],
  ] as const) {
    record.writeUInt16BE(value, place)
  }
  return Buffer.concat([head, record, data])
}

describe('peerwire resolve', () => {
  it('reads a list in DNS, every entry checked', async ({ run, cleanUp }) => {
    const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp: 30_303, udp: 30_304 }
    const record = signRecord({ seq: 7n, values }, generatePrivateKey(), defaultCrypto)
    const content = { domain: 'nodes.example', seq: 3, records: [record], links: [] }
    const tree = makeTree(content, generatePrivateKey(), defaultCrypto)
    const texts = new Map([...tree.texts].map(([name, text]) => [name.toLowerCase(), text]))
    const server = await serveTexts(texts)
    cleanUp(() => server.close())
    const where = ['--dns-server', server.address, '--json']
    const { code, lines } = await run('resolve', tree.url, ...where)
    expect(code).toBe(0)
    const first = { 'first seq': '7', 'first ip': '127.0.0.1', 'first record': formatRecord(record) }
    expect(lines).toMatchObject([{ event: 'tree', url: tree.url, seq: 3, records: 1, links: [], ...first }])

    const root = texts.get('nodes.example')!
    texts.set('nodes.example', root.replace('seq=3', 'seq=4'))
    const forged = await run('resolve', tree.url, ...where)
    const sentence = "peerwire resolve: invalid item: the signature is not of the tree's key\n"
    expect([forged.code, forged.stderr]).toEqual([1, sentence])
  })
})
