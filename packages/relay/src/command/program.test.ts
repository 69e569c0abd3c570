// Wrong arguments in one sentence and with 2, and helps by every way to ask for them; nothing is opened or written.
import { generatePrivateKey, portableCrypto, toHex } from '@peerwire/core'
import { expect, it } from 'vitest'
import { createOutput } from './output.ts'
import { runProgram } from './program.ts'

const KEY = toHex(portableCrypto.publicKeyOf(generatePrivateKey()))

async function run(line: string) {
  const printed: string[] = []
  const warned: string[] = []
  const print = (text: string): void => void printed.push(text)
  const code = await runProgram(line.split(' '), {
    signal: AbortSignal.abort(),
    output: createOutput(false, print),
    warn: (sentence) => void warned.push(sentence),
    onHangUp: () => undefined,
    print,
    outlivesReader: () => undefined,
  })
  return { code, printed: printed.join(''), warned: warned.join('\n') }
}

it.each([
  ['relay --no-address-book --seed enode://KEY@h:1', '--seed is of no use with --no-address-book'],
  ['relay --listen ws://h:1/a --listen ws://h:1/b', '--listen: the address ws://h:1 was given twice'],
  ['relay --onion-proxy socks5://127.0.0.1:0', '--onion-proxy: a proxy listens at no port 0'],
  ['relay --onion-proxy socks5://1.2.3.999', '--onion-proxy: no host can be called "1.2.3.999"'],
  ['relay --bootnode enode://KEY@127.0.0.1:0', '--bootnode: nobody can be asked at UDP port 0'],
  ['relay --bootnode enode://KEY@127.0.0.1:1?discport=0', '--bootnode: nobody can be asked at UDP port 0'],
  ['resolve enode://KEY@127.0.0.1:0', 'nobody can be asked at UDP port 0'],
  ['resolve enode://KEY@1.2.3.999:1', 'no host can be called "1.2.3.999"'],
  ['resolve enr:', 'this is no record: '],
  ['resolve x --dns-server 127.0.0.1:0', '--dns-server: a DNS server is an IP address, or one with a port from 1 to'],
  ['resolve x --dns-server [::1]:70000', '--dns-server: a DNS server is an IP address, or one with a port from 1 to'],
  ['--version x', '--version takes nothing behind it'],
  ['--help relais', 'unknown command "relais"; did you mean "relay"?'],
  ['help relais', 'unknown command "relais"; did you mean "relay"?'],
])('%s', async (line, sentence) => {
  const { code, printed, warned } = await run(line.replace('KEY', KEY))
  expect(warned).toContain(sentence)
  expect(warned).toMatch(/^peerwire.*\(see peerwire .*--help\)$/)
  expect([code, printed]).toEqual([2, ''])
})

it.each(['help relay', '--help relay', 'relay --help', '-h relay', 'help relay --help'])('%s', async (line) => {
  const { code, printed, warned } = await run(line)
  expect([code, warned]).toEqual([0, ''])
  expect(printed).toMatch(/^Usage: peerwire relay /)
})
