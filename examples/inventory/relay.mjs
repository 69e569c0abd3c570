// A Node program that tabs connect to: node relay.mjs ADDRESS [ws://127.0.0.1:4000]. ADDRESS is a go-ethereum's
// enode://…, whose headers it fetches, or another such program's ws://…, from which it gets what that one has.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { createKinds } from './kinds.mjs'

const [address, listen = 'ws://127.0.0.1:4000'] = process.argv.slice(2)
const { blocks, lines } = createKinds()
const items = inventory({ kinds: [blocks, lines] })
const chain = eth({ network: 'auto', inventory: items, blocks })
const node = createNode({
  name: 'relay',
  privateKey: generatePrivateKey(),
  transports: [tcp(), webSocket({ listen })],
  plugins: [items, chain],
  persistent: address ? [address] : [],
})
chain.on('block:received', ({ number }, peer) => console.log(`block ${number} fetched from ${peer}`))
items.follow(blocks, ({ value }) => console.log(`block ${value.number} from a peer`))
items.follow(lines, ({ value }) => console.log(`line: ${value.words}`))
await node.start()
console.log(node.addresses[0])
