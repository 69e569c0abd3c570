// A page that dials a listener which refuses it, and shows what it was told.
import { createNode, generatePrivateKey, type PeerError } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'

declare global {
  interface Window {
    /** Keeps `address` dialed; gives the first failure, and what the node says of it then. */
    dialRefused: (address: string) => Promise<{ readonly error: string; readonly sentence: string }>
    /** Gives the number of peers once there is one. */
    connected: () => Promise<number>
  }
}

const node = createNode({ privateKey: generatePrivateKey(), transports: [webSocket()] })
const added = new Promise<void>((resolve) => node.once('peer:added', () => resolve()))

window.dialRefused = async (address) => {
  const failed = new Promise<PeerError>((resolve) => node.once('dial:failed', ({ error }) => resolve(error)))
  await node.start()
  node.addPersistent(address)
  const error = await failed
  const [, key = ''] = /\/\/([0-9a-f]+)@/.exec(address) ?? []
  const publicKey = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  while (node.explain(publicKey).state === 'dialing') await new Promise((resolve) => setTimeout(resolve))
  return { error: String(error), sentence: node.explain(publicKey).sentence }
}

window.connected = async () => {
  await added
  return node.peers.length
}
