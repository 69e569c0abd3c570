// Runs a program in a network of its own, in which a DNS server answers from a file: for tools that ask the system.
//
//   unshare -r -n -m node dns-lab.mjs TEXTS.json PROGRAM [ARGUMENT ...]
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [, , file, program, ...args] = process.argv
const texts = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))).map(([k, v]) => [k.toLowerCase(), v]))
const TXT = 16
const IN = 1
const [ANSWER, NO_SUCH_NAME] = [0x8400, 0x8403]

/** The question's name in lower case, its type, and where it ends. */
function readQuestion(packet) {
  const labels = []
  let at = 12
  while (packet[at] > 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + packet[at]))
    at += 1 + packet[at]
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 }
}

function answerTo(packet) {
  const { name, type, end } = readQuestion(packet)
  const text = texts.get(name)
  const has = text !== undefined && type === TXT
  const header = Buffer.from(packet.subarray(0, 12))
  header.writeUInt16BE(text === undefined ? NO_SUCH_NAME : ANSWER, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(has ? 1 : 0, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, packet.subarray(12, end), has ? txtRecord(text) : Buffer.alloc(0)])
}

function txtRecord(text) {
  const strings = text.match(/.{1,255}/g).map((string) => Buffer.from([string.length, ...Buffer.from(string)]))
  const data = Buffer.concat(strings)
  const head = Buffer.alloc(12)
  // A pointer to the name in the question.
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(TXT, 2)
  head.writeUInt16BE(IN, 4)
  head.writeUInt32BE(60, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function must(command, ...options) {
  const { status, stderr, error } = spawnSync(command, options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${error?.message ?? stderr}`)
}

const folder = mkdtempSync(join(tmpdir(), 'peerwire-dns-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n')
must('ip', 'link', 'set', 'lo', 'up')
must('mount', '--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf')
const server = createSocket('udp4')
server.on('message', (packet, { port, address }) => server.send(answerTo(packet), port, address))
server.bind(53, '127.0.0.1', () => {
  const child = spawn(program, args, { stdio: 'inherit' })
  process.on('SIGTERM', () => child.kill())
  child.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
})
