// A tab: the address that the listener printed stands behind the # of the page's own.
import { createNode, defineProtocol, generatePrivateKey, message, text } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const show = chat.with({ say: (_, line) => document.body.append(line) })
const node = createNode({ name: 'tab', privateKey: generatePrivateKey(), transports: [webSocket()], protocols: [show] })
await node.start()
const peer = await node.dial(location.hash.slice(1))
await peer.send(chat, 'say', 'hello')
