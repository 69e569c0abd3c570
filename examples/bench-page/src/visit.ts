// The smallest page that shows something from a peer, and when it did: milliseconds since the page was asked for.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { measuring } from '../protocol.mjs'

declare global {
  interface Window {
    /** There when the first item is. */
    visited: { readonly loadedMs: number; readonly peerMs: number; readonly itemMs: number }
  }
}

const loadedMs = performance.now()
let peerMs = 0
const node = createNode({
  // By this name the listener knows to whom it tells an item unasked.
  name: 'visitor',
  privateKey: generatePrivateKey(),
  transports: [webSocket()],
  protocols: [
    measuring.with({
      piece: (peer, bytes) => {
        document.body.append(`${bytes.length} bytes from ${peer.name}`)
        window.visited = { loadedMs, peerMs, itemMs: performance.now() }
      },
    }),
  ],
})
node.on('peer:added', () => (peerMs = performance.now()))
await node.start()
await node.dial(location.hash.slice(1))
