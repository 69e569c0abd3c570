// The words of the command: helps, and one clear sentence for whatever can't be done.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { it } from './support/command.ts'

const KEY = 'ab'.repeat(64)

describe('peerwire', () => {
  it('lists its commands without arguments and with --help, and tells its version', async ({ run }) => {
    for (const args of [[], ['--help']]) {
      const { code, text, stderr } = await run(...args)
      expect([code, stderr]).toEqual([0, ''])
      for (const command of ['relay', 'ping', 'dev echo']) expect(text).toContain(`  ${command}  `)
    }
    expect((await run('--version')).text).toMatch(/^peerwire \d+\.\d+\.\d+$/)
    expect((await run('dev', '--help')).text).toContain('peerwire dev echo')
  })

  it.for([
    [
      'relay',
      ['--listen URL', '--connect ADDRESS', '--max-peers N', '--data-dir DIR', '--bridge', '--json', '--sample'],
    ],
    ['ping', ['ping ADDRESS', '--timeout MS', '--json']],
    ['dev echo', ['--listen URL', '--dial ADDRESS', '--cap NAME/V:CODES', '--send CODE:HEX', '--count N']],
  ] as const)('tells the flags of %s with --help', async ([command, flags], { run }) => {
    const { code, text } = await run(...command.split(' '), '--help')
    expect(code).toBe(0)
    expect(text).toContain(`Usage: peerwire ${command}`)
    for (const flag of [...flags, '--help']) expect(text).toContain(flag)
  })

  it.for([
    ['relais', 'unknown command "relais"; did you mean "relay"?'],
    ['dev ecko', 'unknown command "dev ecko"; did you mean "dev echo"?'],
    ['--json relay', 'unknown flag --json before a command'],
    [
      'relay --onion-proxy 127.0.0.1:9050',
      '--onion-proxy: a proxy is written as socks5://host:port, not "127.0.0.1:9050"',
    ],
    ['relay --conect x', 'unknown flag --conect; did you mean --connect?'],
    ['relay word', 'there is nothing to do with "word"; addresses are given as --connect word'],
    ['relay --max-peers', '--max-peers needs a value: --max-peers N'],
    ['relay --max-peers 0', '--max-peers must be a whole number from 1 to 10000, not "0"'],
    ['relay --max-peers 10001', '--max-peers must be a whole number from 1 to 10000, not "10001"'],
    [`relay --max-peers 1 --sample --connect enode://${KEY}@h:1`, '--max-peers 1 leaves no room for the 2 peers'],
    ['relay --listen udp://127.0.0.1:1', '--listen: a listener is tcp://host:port, ws://host:port or wss://host:port'],
    [`relay --listen ws://${KEY}@127.0.0.1:1`, '--listen: a key does not belong here'],
    ['relay --listen ws://127.0.0.1:99999', '--listen: port 99999 is past 65535'],
    ['relay --listen wss://127.0.0.1:0', '--listen wss://… needs --tls-cert and --tls-key'],
    ['relay --connect ws://127.0.0.1:1', '--connect: address without a public key: ws://127.0.0.1:1'],
    ['relay --bridge geth', '--bridge: a target is ALIAS=enode://KEY@host:port'],
    ['relay --bridge a=h:1 --bridge a=h:2', '--bridge: the alias a was given twice'],
    [
      'relay --bridge a=h:1 --listen tcp://127.0.0.1:0',
      '--bridge is of no use: tabs need a listener on ws:// or wss://',
    ],
    ['relay --tls-cert x', '--tls-cert needs --tls-key too'],
    ['relay --ban no_body@x', '--ban: a ban is of a public key, a host or a range such as 203.0.113.0/24'],
    ['relay --public-url relay.example', '--public-url: a public URL is https://host/ or http://host/'],
    ['relay --origins app.example', '--origins: not an origin (https://host'],
    [
      'relay --log-level inf',
      '--log-level must be one of trace, debug, info, warn, error, not "inf"; did you mean info?',
    ],
    ['ping', 'an address is missing'],
    ['ping nonsense', 'not an address (scheme://KEY@host:port/path): nonsense'],
    ['ping a b', 'one address at a time, not also b'],
    [`ping quic://${KEY}@h:1`, 'nothing here dials quic://'],
    [`ping enode://${KEY}@127.0.0.1:1`, 'the key in the address is no point of secp256k1'],
    ['dev echo --cap test', '--cap: a capability is name/version:codes, such as test/1:16, not test'],
    ['dev echo --cap a/1:1 --cap a/1:2', '--cap: a/1 was given twice'],
    ['dev echo --send 0:c0', '--send needs --dial'],
    [`dev echo --dial enode://${KEY}@h:1 --send 16:c0`, '--send: test/1 has 16 codes, so 16 is none'],
    [`dev echo --dial enode://${KEY}@h:1 --send 0:c`, '--send: a message is code:hex'],
    [`dev echo --dial enode://${KEY}@h:1 --count 2`, '--count needs --send or --size'],
  ] as const)('says in one sentence what is wrong with %s', async ([line, sentence], { run }) => {
    const { code, lines, stderr } = await run(...line.split(' '))
    expect(stderr).toContain(sentence)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(/^peerwire.*\(see peerwire .*--help\)\n$/)
    expect([code, lines]).toEqual([2, []])
  })
})

describe('peerwire relay', () => {
  it('names the address that is taken', async ({ run, temporary, cleanUp }) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp(() => server.close())
    const { port } = server.address() as AddressInfo
    for (const scheme of ['tcp', 'ws']) {
      const args = ['--json', '--sample', '--data-dir', await temporary(), '--listen', `${scheme}://127.0.0.1:${port}`]
      const { code, lines, stderr } = await run('relay', ...args)
      expect(stderr).toMatch(
        new RegExp(`^peerwire relay: cannot listen on ${scheme}://127.0.0.1:${port}/?: .*taken\n$`),
      )
      expect([code, lines]).toEqual([1, []])
    }
  })

  it('names a key file that holds no key, and a data directory that is a file', async ({ run, temporary }) => {
    const dataDir = await temporary()
    const path = join(dataDir, 'key')
    await writeFile(path, 'not a key')
    const corrupt = await run('relay', '--listen', 'ws://127.0.0.1:0', '--data-dir', dataDir)
    expect(corrupt.stderr).toMatch(new RegExp(`^peerwire relay: the key file ${path} holds no private key.*\n$`))
    const inTheWay = await run('relay', '--listen', 'ws://127.0.0.1:0', '--data-dir', path)
    expect(inTheWay.stderr).toBe(`peerwire relay: cannot use the data directory ${path}: a file is in its place\n`)
    expect([corrupt.code, inTheWay.code]).toEqual([1, 1])
  })

  it('names TLS files that can not be used', async ({ run, temporary }) => {
    const dataDir = await temporary()
    const missing = join(dataDir, 'missing.pem')
    const wrong = join(dataDir, 'wrong.pem')
    await writeFile(wrong, 'no certificate')
    const runWith = (file: string) => run('relay', '--data-dir', dataDir, '--tls-cert', file, '--tls-key', file)
    const [absent, odd] = [await runWith(missing), await runWith(wrong)]
    expect(absent.stderr).toBe(`peerwire relay: cannot read the TLS certificate ${missing}: there is no such file\n`)
    expect(odd.stderr).toBe(`peerwire relay: the file ${wrong} holds no TLS certificate in PEM form\n`)
    expect([absent.code, odd.code]).toEqual([1, 1])
  })
})
