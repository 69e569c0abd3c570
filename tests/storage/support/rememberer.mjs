// A program whose node remembers its peers, and that never closes.
// Arguments: the folder, and addresses to begin with. Says when it has a peer.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import { webSocket } from '@peerwire/transport-ws'

const [folder, ...seeds] = process.argv.slice(2)
const node = createNode({
  privateKey: generatePrivateKey(),
  transports: [webSocket()],
  plugins: [addressBook({ seeds, local: true })],
  storage: openStorage(folder),
})
node.on('peer:added', ({ id }) => console.log(JSON.stringify({ event: 'peer', id })))
await node.start()
