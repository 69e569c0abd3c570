// Many peers of one relay: each asks for what is announced to it. As light as a peer can be, for the relay is measured.
import { createNode, defineProtocol, generatePrivateKey, message, raw } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { serve } from '../lib/serve.mjs'

/** `kinds` with kind 16, whose name is "item", as RLP. */
const KINDS = Uint8Array.from([0xc7, 0xc6, 0x10, 0x84, ...Buffer.from('item')])
/** Behind the kind and the headers of lists and of the bytes: an item of 1 KiB has three bytes each. */
const ITEM_AT = 7
const kept = []
let arrivals = []
let wanted = Infinity
let done = () => undefined

const inv = defineProtocol({
  name: 'inv',
  version: 1,
  messages: {
    kinds: message(0, raw),
    inv: message(1, raw),
    getdata: message(2, raw),
    item: message(3, raw, { maxBytes: 70_000 }),
    notfound: message(4, raw),
  },
})
const offer = inv.with({
  // A question has the form of an announcement.
  inv: (peer, ids) => void peer.send(inv, 'getdata', ids),
  item: (_, payload) => {
    const now = process.hrtime.bigint()
    arrivals.push(Number(now - Buffer.from(payload.buffer, payload.byteOffset).readBigUInt64BE(ITEM_AT)) / 1e6)
    if (arrivals.length === wanted) done()
  },
})

await serve({
  async crowd({ peers, addr }) {
    for (let i = 0; i < peers; i++) {
      const node = createNode({ privateKey: generatePrivateKey(), transports: [tcp()], protocols: [offer] })
      await node.start()
      const peer = await node.dial(addr)
      await peer.send(inv, 'kinds', KINDS)
      kept.push(node)
    }
    return { connected: peers }
  },
  async expect({ peers }, { say }) {
    arrivals = []
    wanted = peers
    const all = new Promise((resolve) => (done = resolve))
    say({ ready: true })
    await all
    return { arrivals: arrivals.toSorted((a, b) => a - b) }
  },
})
