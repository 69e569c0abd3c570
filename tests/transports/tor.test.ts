// A real Tor without a network: its SOCKS port takes our requests, and its refusals are told in our words.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from './support.ts'

const hasTor = spawnSync('tor', ['--version']).status === 0

/** Starts a Tor whose only way into its network is a port where nobody listens; answers its SOCKS proxy. */
async function startTor(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-tor-'))
  const options = {
    DataDirectory: folder,
    SocksPort: '127.0.0.1:auto ExtendedErrors',
    ClientOnly: '1',
    UseBridges: '1',
    Bridge: '127.0.0.1:1',
    // Seconds that it tries; it has nowhere to go.
    SocksTimeout: '1',
    Log: 'notice stdout',
  }
  const none = join(folder, 'none')
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn('tor', ['-f', none, '--defaults-torrc', none, '--ignore-missing-torrc', ...flags])
  const exited = new Promise((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true })
  })
  return await new Promise((resolve, reject) => {
    let said = ''
    const read = (chunk: Buffer): void => {
      said += String(chunk)
      const match = /\(ready\) on (127\.0\.0\.1:\d+)/.exec(said)
      if (match) resolve(`socks5://${match[1]}`)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', () => reject(new Error(`tor ended:\n${said}`)))
  })
}

describe.runIf(hasTor)('dialing through a real Tor that is offline', () => {
  it('fails in one sentence for a name, an address of this machine, and a wrong onion name', async () => {
    const transport = tcp({ proxies: { all: await startTor() } })
    const rounds: readonly (readonly [host: string, text: string])[] = [
      ['peer.example', 'it took too many hops, or too long'],
      ['127.0.0.1', 'it failed'],
      [`${'a'.repeat(56)}.onion`, 'this is not an onion address'],
    ]
    for (const [host, text] of rounds) {
      const error = await failureOf(transport.dial({ scheme: 'tcp', host, port: 30_303 }))
      const where = `tcp://${host}:30303 could not be reached`
      expect(error).toMatchObject({
        code: 'dial failed',
        message: `${where}: the proxy could not connect: ${text}`,
      })
    }
  })
})
