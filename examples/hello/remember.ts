// A node that is told of one other once: it learns of more, and knows whom to dial when it starts again.
import { createNode, generatePrivateKey, type Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import { webSocket } from '@peerwire/transport-ws'

export function rememberingNode(where: string, seeds: string[], local = false): Node {
  const storage = openStorage(where) // a folder in Node, a database in a tab
  const book = addressBook({ seeds, local }) // local: addresses of this machine and network count, too
  return createNode({ privateKey: generatePrivateKey(), transports: [webSocket()], plugins: [book], storage })
}
