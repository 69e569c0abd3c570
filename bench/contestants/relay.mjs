// A node that passes on items over inv/1, as `peerwire relay` does for those of its kinds: announce, be asked, serve.
import { randomBytes } from 'node:crypto'
import { createNode, defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { inventory, kind } from '@peerwire/core/inventory'
import { tcp } from '@peerwire/transport-tcp'
import { describeNode, serve } from '../lib/serve.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const items = kind({
  name: 'item',
  number: 16,
  maxBytes: 65_536,
  urgent: true,
  id: (bytes) => defaultCrypto.keccak256(bytes),
  read: (bytes) => bytes,
  check: () => 'accept',
})
const store = inventory({ kinds: [items] })
let node

await serve({
  describe: () => describeNode('peerwire relay', MANIFEST),
  async hub({ peers }) {
    node = createNode({
      privateKey: generatePrivateKey(),
      transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
      plugins: [store],
      maxPeers: peers + 10,
      maxInbound: peers + 10,
      limits: { startsPerSecond: 1_000_000, pendingInbound: 1000 },
    })
    await node.start()
    return { addr: node.addresses[0] }
  },
  async publish({ bytes, peers }) {
    while (node.peers.length < peers) await new Promise((resolve) => setTimeout(resolve, 20))
    const body = randomBytes(bytes)
    const cpu = process.cpuUsage()
    // Of the clock that all processes share.
    body.writeBigUInt64BE(process.hrtime.bigint())
    store.publish(items, new Uint8Array(body))
    return { cpu }
  },
  async spent({ cpu }) {
    const { user, system } = process.cpuUsage(cpu)
    return { cpuSeconds: (user + system) / 1e6 }
  },
})
