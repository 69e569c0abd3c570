// `peerwire dev echo`: serving, calling, and what is said when something comes back wrong or not at all.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { parseCapability } from '../../packages/relay/src/dev/capability.ts'
import { is, it as base } from './support/command.ts'

interface Fixtures {
  /** A server that answers each message of test/1 with `answer`. */
  readonly liar: (answer: (payload: Uint8Array) => Uint8Array | undefined) => Promise<string>
}

const it = base.extend<Fixtures>({
  liar: async ({ cleanUp }, use) => {
    await use(async (answer) => {
      const protocol = parseCapability('test/1:16')
      const offer = protocol.with({
        code0: async (peer, payload) => {
          const back = answer(payload)
          if (back) await peer.send(protocol, 'code0', back)
        },
      })
      const transports = [tcp({ listen: 'tcp://127.0.0.1:0' })]
      const node = createNode({ privateKey: generatePrivateKey(), transports, protocols: [offer] })
      cleanUp(() => node.close())
      await node.start()
      return node.addresses[0]!
    })
  },
})

describe('peerwire dev echo', () => {
  it('serves over TCP and WebSocket and returns messages of several capabilities', async ({ start, run }) => {
    const caps = ['--cap', 'test/1:16', '--cap', 'other/7:3']
    const listen = ['--listen', 'tcp://127.0.0.1:0', '--listen', 'ws://127.0.0.1:0']
    const server = start(['dev', 'echo', '--json', ...listen, ...caps])
    const tcpLine = await server.waitFor(({ enode }) => enode !== undefined)
    const wsLine = await server.waitFor((line) => is('listening')(line) && line['enode'] === undefined)
    expect(tcpLine).toMatchObject({ event: 'listening', pid: server.pid })
    for (const { address } of [tcpLine, wsLine]) {
      const sends = [
        '--send',
        '0:',
        '--send',
        '15:c0ffee',
        '--send',
        'other/7:2:01',
        '--size',
        '100000',
        '--count',
        '2',
      ]
      const { code, lines, stderr } = await run('dev', 'echo', '--json', '--dial', String(address), ...caps, ...sends)
      expect([code, stderr]).toEqual([0, ''])
      const echoes = lines.filter(is('message')).map(({ cap, code: own, size, hex }) => [cap, own, size, hex])
      const random = [['test/1', 0, 100_000, expect.stringMatching(/^[0-9a-f]{64}$/)]]
      const round = [['test/1', 0, 0, ''], ['test/1', 15, 3, 'c0ffee'], ['other/7', 2, 1, '01'], ...random]
      expect(echoes).toEqual([...round, ...round])
      expect(lines.at(-1)).toMatchObject({ event: 'drop', reason: 8, remoteRequested: false })
      await server.waitFor(is('drop', { reason: 8, remoteRequested: true, code: 'remote disconnect reason' }))
    }
    expect(server.lines.filter(is('peer'))).toMatchObject([{ inbound: true, caps: ['other/7', 'test/1'] }, {}])
    await server.stop()
    expect(await server.exited).toBe(0)
  })

  it('carries messages of 1 B to 16 MB', async ({ start, run }) => {
    const server = start(['dev', 'echo', '--json'])
    const { enode } = await server.waitFor(is('listening'))
    for (const size of ['1', '1048576', '16000000']) {
      const { code, stderr } = await run('dev', 'echo', '--dial', String(enode), '--size', size)
      expect([code, stderr]).toEqual([0, ''])
    }
  })

  it('returns messages over a connection that it dialed, until it is stopped or the other side ends', async ({
    start,
  }) => {
    const server = start(['dev', 'echo', '--json'])
    const { enode } = await server.waitFor(is('listening'))
    const stopped = start(['dev', 'echo', '--json', '--dial', String(enode)])
    await stopped.waitFor(is('peer', { inbound: false, address: enode }))
    process.kill(stopped.pid, 'SIGTERM')
    expect(await stopped.exited).toBe(0)
    server.hangUp() // ends nothing
    const left = start(['dev', 'echo', '--json', '--dial', String(enode)])
    await left.waitFor(is('peer'))
    await server.stop()
    expect(await left.exited).toBe(1)
    expect(left.stderr).toMatch(/^peerwire dev echo: remote disconnect reason: .*\n$/)
  })

  it.for([
    ['altered', (payload: Uint8Array) => payload.map((byte) => byte ^ 1), 'test/1 code 0 came back altered'],
    ['missing', () => undefined, 'not done within 500 ms: 3 echoes are missing'],
  ] as const)('says that an echo is %s', async ([, answer, sentence], { liar, run }) => {
    const args = ['--dial', await liar(answer), '--send', '0:c0', '--count', '3', '--timeout', '500']
    const { code, stderr } = await run('dev', 'echo', ...args)
    expect([code, stderr]).toEqual([1, `peerwire dev echo: ${sentence}\n`])
  })

  it('that is stopped says how many echoes are missing', async ({ liar, start }) => {
    let answers = 1
    const dial = await liar((payload) => (answers-- > 0 ? payload : undefined))
    const child = start(['dev', 'echo', '--json', '--dial', dial, '--send', '0:c0', '--count', '3'])
    await child.waitFor(is('message'))
    process.kill(child.pid, 'SIGINT')
    expect(await child.exited).toBe(1)
    expect(child.stderr).toBe('peerwire dev echo: stopped by SIGINT: 2 echoes are missing\n')
    expect(child.lines.at(-1)).toMatchObject({ event: 'drop', reason: 8, remoteRequested: false })
  })

  it('says that nobody is there and that the remote speaks something else', async ({ liar, run }) => {
    const address = await liar((payload) => payload)
    const other = await run('dev', 'echo', '--json', '--dial', address, '--cap', 'strange/1:1', '--send', '0:c0')
    expect(other.stderr).toMatch(/^peerwire dev echo: .*(useless|no protocol is shared).*\n$/)
    const nobody = await run('dev', 'echo', '--json', '--dial', address.replace(/:\d+$/, ':1'), '--send', '0:c0')
    expect(nobody.stderr).toMatch(/^peerwire dev echo: dial failed: .*nobody listens there\n$/)
    expect(nobody.lines).toMatchObject([{ event: 'dialfail', code: 'dial failed', reason: 1 }])
    expect([other.code, nobody.code]).toEqual([1, 1])
  })
})
