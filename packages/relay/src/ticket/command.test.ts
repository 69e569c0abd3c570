// Wrong arguments of `peerwire ticket`, and of a relay that takes tickets: found before anything is written.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, it } from 'vitest'
import { runProgram } from '../command/program.ts'

const KEY = 'ab'.repeat(64)
const RELAY = `wss://${KEY}@relay.example/`
const TARGET = '203.0.113.7:30303'

/** Runs in a folder of its own, where `FILE` and `DIR` lie. */
async function run(args: readonly string[], key?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const places: Readonly<Record<string, string>> = { FILE: join(folder, 'ticket-key'), DIR: join(folder, 'data') }
  if (key !== undefined) await writeFile(places['FILE']!, key)
  const warned: string[] = []
  const output = { json: false, event: () => undefined, text: () => undefined }
  const signal = AbortSignal.abort()
  const given = args.map((arg) => places[arg] ?? arg)
  const warn = (line: string): void => void warned.push(line)
  const ignore = (): void => undefined
  const code = await runProgram(given, {
    output,
    signal,
    warn,
    print: ignore,
    onHangUp: ignore,
    outlivesReader: ignore,
  })
  return { code, warned, files: await readdir(folder) }
}

describe('the command that signs tickets', () => {
  it.each([
    [[], /a target is missing/],
    [[TARGET, '--relay', RELAY], /--key is missing/],
    [[TARGET, '--key', 'FILE'], /--relay is missing/],
    [[TARGET, '--key', 'FILE', '--relay', 'https://relay.example/'], /a relay is ws:/],
    [[TARGET, '--key', 'FILE', '--relay', 'wss://relay.example/'], /address without a public key/],
    [[TARGET, '--key', 'FILE', '--relay', `enode://${KEY}@203.0.113.7:30303`], /a relay is ws:/],
    [['127.1:30303', '--key', 'FILE', '--relay', RELAY], /a name in plain lower case or an address, not "127.1:30303"/],
    [['203.0.113.7', '--key', 'FILE', '--relay', RELAY], /a target is host:port/],
    [[`ws://${KEY}@203.0.113.7:80/`, '--key', 'FILE', '--relay', RELAY], /leads to TCP only/],
    [[...Array.from({ length: 9 }, () => TARGET), '--key', 'FILE', '--relay', RELAY], /1 to 8 targets, not 9/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--life', '3601'], /--life must be a whole number from 1 to 3600/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--links', '0'], /--links must be/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--bytes', '1e9'], /--bytes must be/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--seconds', '86401'], /--seconds must be/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--origin', 'app.example'], /an origin is what browsers send/],
    [[TARGET, '--key', 'FILE', '--relay', RELAY, '--lives', '3'], /unknown flag --lives; did you mean --life/],
  ])('ends with 2 and one sentence for %j, and makes no key', async (args, sentence) => {
    const { code, warned, files } = await run(['ticket', ...args])
    expect([code, warned, files]).toEqual([2, [expect.stringMatching(sentence)], []])
  })

  it('refuses targets that make the ticket longer than tickets may be', async () => {
    const targets = Array.from({ length: 8 }, (_, i) => `${'a'.repeat(63)}.${'b'.repeat(63)}.x${i}:30303`)
    const { code, warned, files } = await run(['ticket', ...targets, '--key', 'FILE', '--relay', RELAY])
    const sentence = /the ticket would have \d+ characters, and 1024 are allowed/
    expect([code, warned, files]).toEqual([2, [expect.stringMatching(sentence)], []])
  })

  it('ends with 1 where the key file holds none', async () => {
    const { code, warned } = await run(['ticket', TARGET, '--key', 'FILE', '--relay', RELAY], 'no key')
    expect([code, warned]).toEqual([1, [expect.stringContaining('holds no private key')]])
  })
})

describe('a relay that is told of tickets', () => {
  it.each([
    [['--ticket-key', 'FILE'], 2, /--ticket-key needs --bridge-allow too/],
    [['--bridge-allow', '0.0.0.0/0:30303'], 2, /--bridge-allow needs --ticket-key too/],
    [['--ticket-key', 'FILE', '--bridge-allow', '0.0.0.0/0:22'], 2, /ports are from 1024 to 65535/],
    [['--ticket-key', 'FILE', '--bridge-allow', '0.0.0.0/0'], 2, /a rule is RANGE:PORTS/],
    [['--ticket-key', 'FILE', '--bridge-allow', '10.0.0.1/8:30303'], 2, /no bit set past the range/],
    [['--ticket-key', 'FILE', '--bridge-allow', 'geth.example:30303'], 2, /a rule is RANGE:PORTS/],
    [['--ticket-key', 'FILE', '--bridge-allow', '::/0:30303', '--listen', 'tcp://127.0.0.1:0'], 2, /is of no use/],
    [['--ticket-key', 'FILE', '--bridge-allow', '::/0:30303'], 1, /no such file; peerwire ticket --key makes one/],
  ])('says in one sentence what is wrong with %j, and makes nothing', async (args, wanted, sentence) => {
    const { code, warned, files } = await run(['relay', '--data-dir', 'DIR', ...args])
    expect([code, warned, files]).toEqual([wanted, [expect.stringMatching(sentence)], []])
  })
})
