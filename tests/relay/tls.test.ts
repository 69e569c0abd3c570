// The relay on wss://, with certificate files.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createNode, generatePrivateKey, parseEndpoint } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { webSocket } from '@peerwire/transport-ws'
import { expect } from 'vitest'
import { RENEWED_CERTIFICATE, RENEWED_KEY, TEST_CERTIFICATE, TEST_KEY } from '../transports/certificate.ts'
import { is, it } from './support/command.ts'

/** The name in the certificate that a new connection is served with. */
async function nameServed(port: number): Promise<unknown> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject['CN']
}

it('a relay with certificate files is dialed over wss, its page has an https address, and its files can be renewed', async ({
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
  const node = createNode({ privateKey: generatePrivateKey(), transports, plugins: [addressBook()] })
  cleanUp(() => node.close())
  await node.start()
  const peer = await node.dial(address)
  expect(peer.name).toMatch(/^peerwire\/v/)
  // Renewed files serve whoever comes, bad ones nobody, and SIGHUP reads them at once; whoever is connected stays.
  const port = parseEndpoint(address.replace(/\/\/.*@/, '//')).port
  expect(await nameServed(port)).toBe('peerwire tests')
  await writeFile(files.cert, RENEWED_CERTIFICATE)
  await writeFile(files.key, RENEWED_KEY)
  await expect.poll(() => nameServed(port)).toBe('peerwire tests, renewed')
  await writeFile(files.cert, TEST_CERTIFICATE)
  relay.hangUp()
  await expect.poll(() => relay.stderr).toContain('The TLS files have changed and can not be used')
  expect(await nameServed(port)).toBe('peerwire tests, renewed')
  expect(node.peers).toContain(peer)
})
