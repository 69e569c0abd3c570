// A DNS server on loopback that knows texts alone: what a command asks when it is told to ask there.
import { createSocket } from 'node:dgram'
import type { SignedTree } from '@peerwire/discovery'

const TXT = 16
const IN = 1
/** Flags of an answer, and of one that says that there is no such name. */
const [ANSWER, NO_SUCH_NAME] = [0x8400, 0x8403]

export interface DnsServer {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** By their whole name, in small letters; may be changed. */
  readonly texts: Map<string, string>
  /** Names that were asked for, in small letters, each as often as it was. */
  readonly asked: string[]
  /** Whether a question is answered; by default each is. Who gets no answer asks again. */
  answers: (name: string) => boolean
  close(): void
}

/** Serves what is in these lists. */
export async function startDnsServer(...trees: readonly Pick<SignedTree, 'texts'>[]): Promise<DnsServer> {
  const all = trees.flatMap(({ texts }) => [...texts])
  const texts = new Map(all.map(([name, text]) => [name.toLowerCase(), text]))
  const asked: string[] = []
  const socket = createSocket('udp4')
  const server: DnsServer = {
    address: '',
    texts,
    asked,
    answers: () => true,
    close: () => socket.close(),
  }
  socket.on('message', (packet, from) => {
    const { name, end } = readName(packet)
    asked.push(name)
    if (server.answers(name)) socket.send(answerTo(packet.subarray(0, end), texts.get(name)), from.port, from.address)
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` })
}

/** The name that is asked for, and where the question ends. */
function readName(packet: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let size = packet[at]!; size > 0; size = packet[at]!) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + size))
    at += 1 + size
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

function answerTo(question: Buffer, text: string | undefined): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(text === undefined ? NO_SUCH_NAME : ANSWER, 2)
  // One question, at most one answer, and nothing else.
  for (const [index, count] of [1, text === undefined ? 0 : 1, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * index)
  if (text === undefined) return head
  const strings = text.match(/.{1,255}/g)!.map((part) => Buffer.from([part.length, ...Buffer.from(part)]))
  const data = Buffer.concat(strings)
  const record = Buffer.alloc(12)
  record.writeUInt16BE(0xc00c, 0) // a pointer to the name in the question
  record.writeUInt16BE(TXT, 2)
  record.writeUInt16BE(IN, 4)
  record.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, record, data])
}
