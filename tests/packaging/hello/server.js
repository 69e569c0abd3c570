// The hello world's other end: a Node program that tabs can reach. Prints its address.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { chat } from './chat.ts'
const node = createNode({
  privateKey: generatePrivateKey(),
  transports: [webSocket({ listen: 'ws://127.0.0.1:0' })],
  protocols: [chat.with({ say: (peer, line) => peer.send(chat, 'say', `${line}, ${peer}`) })],
})
await node.start()
console.log(node.addresses[0])
