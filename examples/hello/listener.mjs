// A Node program that tabs can reach.
import { createNode, defineProtocol, message, text } from '@peerwire/core'
import { loadOrCreatePrivateKey } from '@peerwire/core/storage'
import { webSocket } from '@peerwire/transport-ws'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const protocols = [chat.with({ say: (peer, line) => peer.send(chat, 'say', `${line}, ${peer.name}`) })]
const transports = [webSocket({ listen: process.argv[2] ?? 'ws://127.0.0.1:4000' })]
const node = createNode({ role: 'server', privateKey: await loadOrCreatePrivateKey('chat.key'), transports, protocols })
await node.start()
console.log(node.addresses[0]) // ws://KEY@127.0.0.1:4000/
