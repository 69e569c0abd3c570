// Ports that tests may name, and the guard that fails those which name others.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { transform } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProcess } from './json-process.ts'
import { isGivenBack } from './port-guard.ts'
import { claimPort, ephemeral, isEphemeral } from './ports.ts'

const HOST = '127.0.0.1'
const GUARDED = /^a test names port \d+, and the system may have given it to somebody else: take one of claimPort/
/** One that this process doesn't have. */
const somebodys = ephemeral.last

async function listen(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.destroy())
  onTestFinished(() => void server.close())
  server.listen(port, HOST)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

async function failureOfDial(port: number): Promise<NodeJS.ErrnoException> {
  const [error] = (await once(connect({ port, host: HOST }), 'error')) as [NodeJS.ErrnoException]
  return error
}

describe('a claimed port', () => {
  it('is none that the system gives away, refuses connections, and is listened on again and again', async () => {
    const port = await claimPort()
    expect(isEphemeral(port)).toBe(false)
    expect((await failureOfDial(port)).code).toBe('ECONNREFUSED')
    for (let round = 0; round < 3; round++) {
      const { server } = await listen(port)
      server.close()
      await once(server, 'close')
    }
    expect((await failureOfDial(port)).code).toBe('ECONNREFUSED')
  })

  it('is claimed once, also by another process', async () => {
    const claims = Promise.all(Array.from({ length: 20 }, claimPort))
    const source = await readFile(new URL('ports.ts', import.meta.url), 'utf8')
    const script = `${(await transform(source, { loader: 'ts' })).code}
      for (let i = 0; i < 20; i++) console.log(JSON.stringify({ port: await claimPort() }))
      console.log('{"done":true}')
      setInterval(() => {}, 1000)`
    const other = startProcess(process.execPath, ['--input-type=module', '-e', script])
    onTestFinished(() => other.kill())
    await other.waitFor((line) => line['done'] === true, 30_000)
    const theirs = other.lines.flatMap(({ port }) => (typeof port === 'number' ? [port] : []))
    expect(new Set([...(await claims), ...theirs])).toHaveProperty('size', 40)
  })
})

describe('the guard', () => {
  it('fails a listener on a port that the system gives away, also in a program that a test starts', () => {
    expect(() => createServer().listen(somebodys, HOST)).toThrow(GUARDED)
    expect(() => createServer().listen({ port: somebodys, host: HOST })).toThrow(GUARDED)
    expect(() => createSocket('udp4').bind(somebodys, HOST)).toThrow(GUARDED)
    for (const args of [[`--listen`, `ws://${HOST}:${somebodys}/`], [`-listen=${HOST}:${somebodys}`]]) {
      expect(() => startProcess(process.execPath, ['x.mjs', ...args])).toThrow(GUARDED)
    }
  })

  it('fails a dial to a port that was given back, for the next to ask may have it', async () => {
    const { server, port } = await listen(0)
    expect(isGivenBack(port)).toBe(false)
    server.close()
    expect(isGivenBack(port)).toBe(true)
    expect(() => connect(port, HOST)).toThrow(GUARDED)
  })

  it('lets it dial what a program has got since, once the program has said so', async () => {
    const { server, port } = await listen(0)
    server.close()
    await once(server, 'close')
    // It need not listen there for this: that two get one port in a row is the system's to decide.
    const script = `console.log('{"at":"${HOST}:${port}"}')`
    const program = startProcess(process.execPath, ['-e', script])
    await program.waitFor((line) => line['at'] !== undefined)
    expect(isGivenBack(port)).toBe(false)
  })

  it('lets a test name what it has', async () => {
    const { port } = await listen(0)
    const second = createServer().listen(port, HOST)
    const [error] = (await once(second, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('EADDRINUSE')
  })
})
