// The template for pages: what a hot reload does to the connection.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, defineProtocol, DiscReason, generatePrivateKey, message, text } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { expect } from 'vitest'
import { it } from './support/it.ts'
import { exampleFolder, servePage } from './support/serve.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

it('a hot reload leaves one connection, not two', async ({ openTab, cleanUp }) => {
  const seen: string[] = []
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket({ listen: 'ws://127.0.0.1:0' })],
    protocols: [chat.with({ say: (peer, line) => peer.send(chat, 'say', `you said ${line}`) })],
  })
  cleanUp(() => node.close())
  node.on('peer:added', () => seen.push(`added, now ${node.peers.length}`))
  node.on('peer:removed', ({ error }) => seen.push(`removed, ${String(error.reason)}, now ${node.peers.length}`))
  await node.start()

  const folder = await mkdtemp(join(tmpdir(), 'peerwire-template-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  await cp(exampleFolder('vite-template'), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
  const served = await servePage(folder)
  cleanUp(() => served.close())

  const tab = await openTab()
  await tab.goto(`${served.url}#http://${new URL(node.addresses[0]!).host}`)
  await tab.getByText('connected with').waitFor()
  await tab.evaluate(() => (document.title = 'not loaded again'))
  const { id } = node.peers[0]!

  const main = join(folder, 'src/main.ts')
  await writeFile(main, (await readFile(main, 'utf8')).replace('connected with', 'in touch with'))
  await tab.getByText('in touch with').waitFor()
  expect(seen).toEqual(['added, now 1', `removed, ${DiscReason.quitting}, now 0`, 'added, now 1'])
  expect(await tab.title()).toBe('not loaded again')
  expect(node.peers[0]!.id).toBe(id)

  await tab.getByLabel('Say').fill('hello')
  await tab.getByRole('button').click()
  await tab.getByText('you said hello').waitFor()
  expect(await tab.getByRole('listitem').allTextContents()).toEqual(['you said hello'])

  const again = await openTab()
  await again.goto(`${served.url}#${node.addresses[0]}`)
  await again.getByText('in touch with').waitFor()
  expect(node.peers).toHaveLength(2)
})
