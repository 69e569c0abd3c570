// `peerwire relay` as a process: what it prints, keeps, passes on, and how it ends.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createNode, generatePrivateKey, parseAddress, toHex } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect } from 'vitest'
import { startForwardingProxy } from '../support/forwarding-proxy.ts'
import { claimPort } from '../support/ports.ts'
import { is, it, keyIn } from './support/command.ts'

describe('a relay with --json', () => {
  it('prints its listeners first, and keeps one key in files of its user alone', async ({ relay, temporary }) => {
    const dataDir = join(await temporary(), 'data')
    const first = await relay([], dataDir)
    const listening = first.process.lines.slice(0, 2)
    expect(listening).toEqual([
      { event: 'listening', address: first.ws, url: first.url, pid: first.process.pid },
      {
        event: 'listening',
        enode: first.enode,
        address: first.enode,
        url: first.enode.replace(/^enode:\/\/.*@/, 'tcp://'),
        pid: first.process.pid,
      },
    ])
    expect(first.url).toBe(first.ws.replace(/^ws:\/\/.*@/, 'http://'))
    expect(parseAddress(first.ws).publicKey).toEqual(parseAddress(first.enode).publicKey)
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect((await stat(join(dataDir, 'key'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(dataDir, 'key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    await first.process.stop()
    const second = await relay([], dataDir)
    expect(keyIn(second.ws)).toBe(keyIn(first.ws))
    const other = await relay()
    expect(keyIn(other.ws)).not.toBe(keyIn(first.ws))
  })

  it('takes all tabs behind one router, one after another', async ({ relay, cleanUp }) => {
    const { ws } = await relay(['--trust-proxy'])
    const { endpoint } = parseAddress(ws)
    const through = ws.replace(`:${endpoint.port}/`, `:${await startForwardingProxy(endpoint.port, '203.0.113.7')}/`)
    for (let tab = 0; tab < 3; tab++) {
      const node = createNode({ privateKey: generatePrivateKey(), transports: [webSocket()], plugins: [addressBook()] })
      cleanUp(() => node.close())
      await node.start()
      expect(String(await node.dial(through))).toContain('outbound')
    }
  })

  it('refuses whom it was told to ban, also after a restart, until that is lifted', async ({ relay, temporary }) => {
    const [dataDir, guest] = [await temporary(), await relay()]
    const key = keyIn(guest.ws)
    await guest.process.stop()
    for (const [flags, isRefused] of [
      [['--ban', key], true],
      [[], true],
      [['--unban', key], false],
      [[], false],
    ] as const) {
      const host = await relay(flags, dataDir)
      const visitor = await relay(['--connect', host.enode], guest.dataDir)
      if (isRefused) {
        const refused = await host.process.waitFor(is('setupfail'))
        expect(refused).toMatchObject({ publicKey: key, message: 'the peer is banned', reason: 3 })
      } else expect(await host.process.waitFor(is('peer'))).toMatchObject({ inbound: true })
      await visitor.process.stop()
      await host.process.stop()
    }
  })

  it('prints peers and drops of both directions when two relays connect', async ({ relay }) => {
    const a = await relay(['--sample'])
    await a.process.waitFor(is('item'))
    const b = await relay(['--connect', a.enode])
    const outbound = await b.process.waitFor(is('peer', { inbound: false, address: a.enode }))
    const inbound = await a.process.waitFor(is('peer', { inbound: true }))
    for (const peer of [outbound, inbound]) {
      expect(peer['id']).toMatch(/^[0-9a-f]{64}$/)
      expect(peer['name']).toMatch(/^peerwire\/v\d/)
      expect(peer['caps']).toEqual(expect.arrayContaining(['addr/1', 'eth/69']))
    }
    expect(inbound['address']).toMatch(/^127\.0\.0\.1:\d+$/)
    await a.process.stop()
    const said = await b.process.waitFor(is('drop', { id: outbound['id'] }))
    expect(said).toMatchObject({ code: 'remote disconnect reason', reason: 8, remoteRequested: true })
    const did = await a.process.waitFor(is('drop', { id: inbound['id'] }))
    expect(did).toMatchObject({ code: 'disconnect reason', reason: 8, remoteRequested: false })
    for (const drop of [said, did]) {
      expect(Object.keys(drop)).toEqual([
        ...['event', 'id', 'code', 'reason', 'reasonText', 'message', 'remoteRequested', 'durationMs'],
      ])
      expect(typeof drop['message']).toBe('string')
      expect(Number.isInteger(drop['durationMs'])).toBe(true)
    }
  })

  it('passes on what its sample source announces, to WebSocket and TCP peers alike', async ({ relay, cleanUp }) => {
    const { process, ws, enode } = await relay(['--sample'])
    const item = await process.waitFor(is('item'))
    expect(item).toMatchObject({ kind: 'transaction', from: expect.stringMatching(/^[0-9a-f]{64}$/), type: 2 })
    expect(item['id']).toMatch(/^[0-9a-f]{64}$/)
    expect(await process.waitFor(is('message', { cap: 'eth/72', code: 8 }))).toMatchObject({ id: item['from'] })
    for (const address of [ws, enode]) {
      const chain = eth({ network: 'auto' })
      const node = createNode({ privateKey: generatePrivateKey(), transports: [tcp(), webSocket()], plugins: [chain] })
      cleanUp(() => node.close())
      const received = new Promise<string>((resolve) => {
        chain.on('transaction:received', ({ transaction }) => resolve(toHex(transaction.hash)))
      })
      await node.start()
      await node.dial(address)
      const hash = await received
      await process.waitFor(is('item', { id: hash }))
    }
  })

  it('tells failed dials of a --connect that is not there, and goes on', async ({ relay }) => {
    const { enode } = await relay()
    const nobody = enode.replace(/:\d+$/, `:${await claimPort()}`)
    const { process } = await relay(['--connect', nobody])
    const failed = await process.waitFor(is('dialfail'))
    expect(failed).toMatchObject({ code: 'dial failed', reason: 1, address: nobody })
    expect(failed['message']).toContain('nobody listens there')
    expect(await process.stop()).toBeUndefined()
  })

  it('tells of a link that became no peer', async ({ relay, run }) => {
    const { process, enode } = await relay()
    const wrong = (await relay()).enode
    await run('ping', enode.replace(keyIn(enode), keyIn(wrong)))
    const failed = await process.waitFor(is('setupfail'))
    expect(failed).toMatchObject({ code: 'encryption handshake failed', inbound: true })
    expect(Object.keys(failed).slice(0, 5)).toEqual(['event', 'code', 'reason', 'reasonText', 'message'])
  })
})

describe('a relay', () => {
  it('tells people its addresses, page, data directory, bridge and a line for a tab', async ({ start, temporary }) => {
    const dataDir = await temporary()
    const child = start(['relay', '--data-dir', dataDir, '--listen', 'ws://127.0.0.1:0'])
    const line = await child.waitFor(({ text }) => /await node\.dial/.test(String(text)))
    const address = /'(.*)'/.exec(String(line['text']))?.[1] ?? ''
    const text = child.lines.map((one) => one['text']).join('\n')
    expect(text).toContain(`address  ${address}`)
    expect(text).toContain(`page     ${address.replace(/^ws:\/\/.*@/, 'http://')}`)
    expect(text).toContain(`data     ${dataDir}`)
    expect(text).toContain('bridge   closed')
    expect(address).toMatch(/^ws:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/$/)
  })

  it('takes the usual ports or the next free ones when none is asked for', async ({ start, temporary }) => {
    const ports = new Set<string>()
    for (let i = 0; i < 2; i++) {
      const child = start(['relay', '--json'], { env: { XDG_DATA_HOME: await temporary() } })
      const tcpLine = await child.waitFor(({ enode }) => enode !== undefined)
      const wsLine = await child.waitFor((line) => is('listening')(line) && line['enode'] === undefined)
      for (const { url } of [tcpLine, wsLine]) ports.add(String(url).replace(/\/$/, ''))
    }
    expect(ports.size).toBe(4)
    for (const port of ports)
      expect(port).toMatch(/^(http:\/\/127\.0\.0\.1:30(3[89]\d)|tcp:\/\/127\.0\.0\.1:303[012]\d)$/)
  })

  it('ends with 0 and tells its peers at SIGTERM and SIGINT, and at once at the second', async ({ relay }) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { process: child } = await relay(['--sample'])
      await child.waitFor(is('peer'))
      process.kill(child.pid, signal)
      expect(await child.exited).toBe(0)
      expect(child.lines.at(-1)).toMatchObject({ event: 'drop', reason: 8 })
    }
    const { process: child } = await relay(['--sample'])
    process.kill(child.pid, 'SIGTERM')
    process.kill(child.pid, 'SIGINT')
    // The two may be seen in either order.
    expect([0, 130, 143]).toContain(await child.exited)
  })

  it('refuses more peers than it may have', async ({ relay, cleanUp }) => {
    const { ws, process } = await relay(['--max-peers', '1', '--sample'])
    await process.waitFor(is('peer'))
    const plugins = [eth({ network: 'auto' })]
    const node = createNode({ privateKey: generatePrivateKey(), transports: [webSocket()], plugins })
    cleanUp(() => node.close())
    await node.start()
    // Both sides send Hello at once, so that the refusal may meet a dial that has just succeeded.
    const refusal = await node.dial(ws).then(
      (peer) => peer.error ?? new Promise((resolve) => node.once('peer:removed', ({ error }) => resolve(error))),
      (error: unknown) => error,
    )
    expect(refusal).toMatchObject({ code: 'remote disconnect reason', reason: 4 })
  })
})
