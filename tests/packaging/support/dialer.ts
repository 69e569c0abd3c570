// The other end of the hello world's listener.

/** The tab of the hello world, as a program for Node. */
export const DIALER: string = `
import { createNode, defineProtocol, generatePrivateKey, message, text } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const show = chat.with({ say: (_, line) => console.log(line) })
const options = { name: 'dialer', privateKey: generatePrivateKey(), transports: [webSocket()], protocols: [show] }
const node = createNode(options)
await node.start()
const peer = await node.dial(process.argv[2])
await peer.send(chat, 'say', 'hello')
`
