// A page reaches a node that has TCP alone, by a ticket that it shows to a relay's bridge.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNode, generatePrivateKey, toHex } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { mintTicket } from 'peerwire'
import { expect } from 'vitest'
import { serveBundle } from './support/bundle.ts'
import { it } from './support/it.ts'
import { temporaryFolder } from './support/relay-process.ts'
import { chat } from './ticket-page/chat.ts'

const PAGE = fileURLToPath(new URL('ticket-page/page.ts', import.meta.url))

it('a page speaks with whom its ticket names, as often as it may, and only from its own origin', async ({
  openTab,
  startRelay,
  cleanUp,
}) => {
  const target = createNode({
    privateKey: generatePrivateKey(),
    transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
    protocols: [chat.with({ say: (peer, line) => peer.send(chat, 'say', `${line}, ${peer.direction}`) })],
  })
  cleanUp(() => target.close())
  await target.start()
  const key = generatePrivateKey()
  const keyFile = join(await temporaryFolder(cleanUp), 'ticket-key')
  await writeFile(keyFile, toHex(key), { mode: 0o600 })
  const { ws } = await startRelay({ args: ['--ticket-key', keyFile, '--bridge-allow', '127.0.0.1/32:1024-65535'] })
  const served = await serveBundle(PAGE)
  cleanUp(() => served.close())
  const tab = await openTab()
  await tab.goto(served.url)
  await tab.waitForFunction(() => 'sayThrough' in window)
  const sayWith = async (origin: string): Promise<() => Promise<string>> => {
    const { ticket, addresses } = mintTicket({ key, relay: ws, targets: [...target.addresses], links: 1, origin })
    const args = [ticket, addresses[0]!] as const
    return async () => await tab.evaluate(async ([shown, to]) => await window.sayThrough(shown, to, 'hello'), args)
  }
  const say = await sayWith(new URL(served.url).origin)
  expect(await say()).toBe('hello, inbound')
  expect(await say()).toContain('message=unknown pass: the ticket was used already')
  const sayElsewhere = await sayWith('https://app.example')
  expect(await sayElsewhere()).toContain('message=origin: ')
})
