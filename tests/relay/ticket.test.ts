// Tickets end to end: the command that signs them, a relay that takes them, and a session through it.
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createNode,
  defineProtocol,
  generatePrivateKey,
  isPeerError,
  message,
  type Node,
  text,
  toHex,
} from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { mintTicket } from 'peerwire'
import { describe, expect } from 'vitest'
import { it as base } from './support/command.ts'

const notes = defineProtocol({ name: 'notes', version: 1, messages: { note: message(0, text) } })
const KEY = 'ab'.repeat(64)
const RELAY = `wss://${KEY}@relay.example/`

interface World {
  readonly target: Node
  /** A node whose WebSockets show these tickets, and what it was asked for. */
  tab(ticket: string): Promise<Node>
  readonly asked: string[]
  readonly delivered: string[]
}

const it = base.extend<{ readonly world: (host?: string) => Promise<World> }>({
  world: async ({ cleanUp }, use) => {
    await use(async (host = '127.0.0.1') => {
      const asked: string[] = []
      const delivered: string[] = []
      const make = async (transports: Parameters<typeof createNode>[0]['transports']): Promise<Node> => {
        const protocols = [notes.with({ note: (_, line) => void delivered.push(line) })]
        const node = createNode({ privateKey: generatePrivateKey(), transports, protocols })
        cleanUp(() => node.close())
        await node.start()
        return node
      }
      const target = await make([tcp({ listen: `tcp://${host}:0` })])
      const tab = async (ticket: string): Promise<Node> => {
        const show = ({ path = '' }: { readonly path?: string }): string => (asked.push(path), ticket)
        return await make([webSocket({ ticket: show })])
      }
      return { target, tab, asked, delivered }
    })
  },
})

describe('a ticket', () => {
  it.for([
    ['127.0.0.1', '127.0.0.0/8'],
    ['[::1]', '::1/128'],
  ] as const)(
    'leads a tab to what it names at %s, and to that alone',
    async ([host, range], { world, relay, temporary }) => {
      const { target, tab, asked, delivered } = await world(host)
      const keyFile = join(await temporary(), 'ticket-key')
      const key = generatePrivateKey()
      await writeFile(keyFile, toHex(key), { mode: 0o600 })
      const { ws } = await relay(['--ticket-key', keyFile, '--bridge-allow', `${range}:1024-65535`])
      const targets = ['geth.example:30303', target.addresses[0]!]
      const { ticket, addresses } = mintTicket({ targets, relay: ws, key, links: 1 })
      expect(addresses[0]).toBe(ws.replace(/\/\/.*@/, '//').replace(/\/$/, '/bridge/t/0'))
      expect(addresses[1]).toMatch(/^ws:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/bridge\/t\/1$/)
      const node = await tab(ticket)
      const peer = await node.dial(addresses[1]!)
      await peer.send(notes, 'note', 'through')
      await expect.poll(() => delivered).toEqual(['through'])
      peer.disconnect()
      const again = await node.dial(addresses[1]!).catch((error: unknown) => error)
      expect(String(again)).toContain('unknown pass: the ticket was used already')
      expect(isPeerError(again) && [again.code, again.cause]).toEqual([
        'relay refused',
        { name: 'unknown pass', retryAfterMs: undefined },
      ])
      await node.dial(ws).catch(() => undefined)
      expect(asked).toEqual(['/bridge/t/1', '/bridge/t/1'])
    },
  )
})

describe('the command that signs tickets', () => {
  it('prints the ticket, then what to dial, with a key that it makes where nothing is wrong', async ({
    run,
    temporary,
  }) => {
    const folder = await temporary()
    const args = ['ticket', '203.0.113.7:30303', '--key', join(folder, 'ticket-key'), '--relay', `${RELAY}below/`]
    const bad = await run(...args, '--life', '3601')
    const sentence =
      'peerwire ticket: --life must be a whole number from 1 to 3600, not "3601" (see peerwire ticket --help)'
    expect([bad.code, bad.text, bad.stderr.trim()]).toEqual([2, '', sentence])
    expect(await readdir(folder)).toEqual([])
    const { code, text: printed } = await run(...args)
    expect([code, ...printed.split('\n')]).toEqual([
      0,
      expect.stringMatching(/^pw1\.[\w-]+$/),
      'wss://relay.example:443/below/bridge/t/0',
    ])
    expect((await stat(join(folder, 'ticket-key'))).mode & 0o777).toBe(0o600)
  })
})
