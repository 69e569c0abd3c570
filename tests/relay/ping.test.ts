// `peerwire ping`: what it prints of a node, and in which words it fails.
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createNode, generatePrivateKey, type NodeOptions, portableCrypto, toHex } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect } from 'vitest'
import { it as base } from './support/command.ts'

interface Fixtures {
  /** A node on TCP and WebSocket, by the URLs to ping. */
  readonly node: (options?: Partial<NodeOptions>) => Promise<{ readonly enode: string; readonly ws: string }>
  /** A TCP server; the answer is its address with a key that nobody there has. */
  readonly server: (onSocket: (socket: Socket) => void) => Promise<string>
}

const it = base.extend<Fixtures>({
  node: async ({ cleanUp }, use) => {
    await use(async (options = {}) => {
      const transports = [tcp({ listen: 'tcp://127.0.0.1:0' }), webSocket({ listen: 'ws://127.0.0.1:0/' })]
      const node = createNode({ privateKey: generatePrivateKey(), name: 'remote node', transports, ...options })
      cleanUp(() => node.close())
      await node.start()
      const [enode, ws] = node.addresses
      return { enode: enode!, ws: ws! }
    })
  },
  server: async ({ cleanUp }, use) => {
    await use(async (onSocket) => {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined))
        onSocket(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      cleanUp(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
      const key = toHex(portableCrypto.publicKeyOf(generatePrivateKey()))
      return `enode://${key}@127.0.0.1:${(server.address() as AddressInfo).port}`
    })
  },
})

describe('peerwire ping', () => {
  it('prints name, version, capabilities, key and times, over TCP and WebSocket', async ({ node, run }) => {
    const { enode, ws } = await node()
    for (const address of [enode, ws]) {
      const { code, text, stderr } = await run('ping', address)
      expect([code, stderr]).toEqual([0, ''])
      expect(text).toMatch(/^name +remote node\nversion +5 .*\ncaps +none\npublic key +[0-9a-f]{128}\n/)
      expect(text).toMatch(/dial [\d.]+ ms, handshake [\d.]+ ms, round trip [\d.]+ ms$/)
    }
  })

  it('prints the same as JSON', async ({ node, run }) => {
    const { ws } = await node()
    const { code, lines } = await run('ping', ws, '--json')
    expect(code).toBe(0)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ event: 'hello', name: 'remote node', version: 5, caps: [], address: ws })
    expect(lines[0]!['id']).toMatch(/^[0-9a-f]{64}$/)
    for (const time of ['dialMs', 'handshakeMs', 'roundTripMs']) expect(lines[0]![time]).toEqual(expect.any(Number))
  })

  it('takes it as no failure that a node has no use for a ping', async ({ start, run }) => {
    const child = start(['dev', 'echo', '--cap', 'test/1:16', '--cap', 'other/2:4'])
    const { text } = await child.waitFor(({ text: line }) => String(line).startsWith('enode://'))
    const { code, lines } = await run('ping', String(text), '--json')
    expect(code).toBe(0)
    expect(lines[0]).toMatchObject({ event: 'hello', caps: ['other/2', 'test/1'] })
    expect(lines[1]).toMatchObject({ event: 'drop', reason: 3, message: 'useless peer', remoteRequested: true })
  })

  it('tells why the remote refused, and fails', async ({ node, run }) => {
    const { enode } = await node({ maxPeers: 0 })
    const { code, lines, stderr } = await run('ping', enode, '--json')
    expect([code, stderr]).toEqual([1, 'peerwire ping: the remote refused: too many peers\n'])
    expect(lines).toEqual([
      {
        event: 'drop',
        code: 'remote disconnect reason',
        reason: 4,
        reasonText: 'too many peers',
        message: 'too many peers',
        remoteRequested: true,
      },
    ])
  })

  it('says in one sentence that nobody listens', async ({ node, server, run }) => {
    const { ws } = await node()
    const closed = await server((socket) => socket.destroy())
    for (const address of [closed.replace(/:\d+$/, ':1'), ws.replace(/:\d+\/$/, ':1/')]) {
      const { code, lines, stderr } = await run('ping', address, '--json')
      expect(stderr).toMatch(
        /^peerwire ping: dial failed: \w+:\/\/127\.0\.0\.1:1\/? refused the connection: nobody listens there\n$/,
      )
      expect(lines).toMatchObject([{ event: 'dialfail', code: 'dial failed', reason: 1 }])
      expect(code).toBe(1)
    }
  })

  it('says in one sentence that the key is wrong or that no RLPx node is there', async ({ node, server, run }) => {
    const { enode } = await node()
    const key = toHex(portableCrypto.publicKeyOf(generatePrivateKey()))
    const addresses = [
      enode.replace(/[0-9a-f]{128}/, key),
      await server((socket) => socket.end()),
      await server((socket) => socket.on('data', () => socket.destroy())),
    ]
    for (const address of addresses) {
      const { code, lines, stderr } = await run('ping', address, '--json')
      expect(stderr).toMatch(
        /^peerwire ping: link lost: .*(wrong key, throttled, or not an RLPx node|reset the connection).*\n$/,
      )
      expect(lines).toMatchObject([{ event: 'setupfail', code: 'link lost' }])
      expect(code).toBe(1)
    }
  })

  it('says what it was answered when that is no RLPx', async ({ server, run }) => {
    const address = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const { code, stderr } = await run('ping', address)
    expect(stderr).toMatch(/^peerwire ping: encryption handshake failed: .*\n$/)
    expect(code).toBe(1)
  })

  it('gives up in time, and when it is told to stop', async ({ server, run, start }) => {
    let connected = (): void => undefined
    const address = await server(() => connected())
    const { code, stderr } = await run('ping', address, '--timeout', '100')
    expect([code, stderr]).toEqual([
      1,
      `peerwire ping: setup timeout: ${address.replace(/^enode:\/\/.*@/, 'tcp://')} did not answer within 100 ms\n`,
    ])
    const isConnected = new Promise<void>((resolve) => (connected = resolve))
    const child = start(['ping', address])
    await isConnected
    process.kill(child.pid, 'SIGINT')
    expect(await child.exited).not.toBe(0)
    expect(child.stderr).toContain('stopped by SIGINT')
  })
})
