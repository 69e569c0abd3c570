// The hello world's tab: dials a Node program and prints what it answers.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { chat } from './chat.ts'
export async function hello(address, show, signal) {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    protocols: [chat.with({ say: (_peer, line) => show(line) })],
  })
  await node.start()
  const peer = await node.dial(address, { signal })
  await peer.send(chat, 'say', 'hello')
}
