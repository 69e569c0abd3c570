// The relay on wss://, with certificate files.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { expect } from 'vitest'
import { TEST_CERTIFICATE, TEST_KEY } from '../transports/certificate.ts'
import { is, it } from './support/command.ts'

it('a relay with certificate files is dialed over wss, and its page has an https address', async ({
  start,
  temporary,
  cleanUp,
}) => {
  const dataDir = await temporary()
  const files = { cert: join(dataDir, 'cert.pem'), key: join(dataDir, 'key.pem') }
  await writeFile(files.cert, TEST_CERTIFICATE)
  await writeFile(files.key, TEST_KEY)
  const tls = ['--tls-cert', files.cert, '--tls-key', files.key]
  const relay = start(['relay', '--json', '--sample', '--data-dir', dataDir, '--listen', 'wss://127.0.0.1:0', ...tls])
  const line = await relay.waitFor(is('listening'))
  const address = String(line['address'])
  expect(address).toMatch(/^wss:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/$/)
  expect(line['url']).toBe(address.replace(/^wss:\/\/.*@/, 'https://'))
  const transports = [webSocket({ tls: { ca: TEST_CERTIFICATE } })]
  const node = createNode({ privateKey: generatePrivateKey(), transports })
  cleanUp(() => node.close())
  await node.start()
  expect((await node.dial(address)).name).toMatch(/^peerwire\/v/)
})
