// The other end of the page's measurements: a Node program that sends what it is asked for and counts what comes.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { measuring, noise, sendPieces } from './protocol.mjs'

/** Pieces that came from each peer, and who waits for how many of them. */
const counts = new Map()

function countOf(peer) {
  const known = counts.get(peer.id)
  if (known) return known
  const fresh = { pieces: 0, wanted: Infinity, tell: () => undefined }
  counts.set(peer.id, fresh)
  return fresh
}

const offer = measuring.with({
  piece: (peer) => {
    const count = countOf(peer)
    count.pieces++
    if (count.pieces >= count.wanted) count.tell()
  },
  // Not awaited: the next message is handled meanwhile.
  want: (peer, { bytes, count }) => void sendPieces(peer, bytes, count).catch(() => undefined),
  received: async (peer, wanted) => {
    const count = countOf(peer)
    if (count.pieces < wanted) {
      await new Promise((resolve) => Object.assign(count, { wanted, tell: resolve }))
    }
    Object.assign(count, { wanted: Infinity })
    return count.pieces
  },
})

const node = createNode({
  name: 'bench-listener',
  privateKey: generatePrivateKey(),
  transports: [webSocket({ listen: process.argv[2] ?? 'ws://127.0.0.1:4000' })],
  protocols: [offer],
  // Tabs come and go as often as handshakes are measured.
  limits: { startsPerSecond: 10_000, visitsPerSecond: 10_000, visitsBurst: 10_000 },
})
// A first visit waits for one item that it didn't ask for.
node.on('peer:added', (peer) => peer.name === 'visitor' && void peer.send(measuring, 'piece', noise(300)))
node.on('peer:removed', ({ peer }) => counts.delete(peer.id))
await node.start()
console.log(node.addresses[0]) // ws://KEY@127.0.0.1:4000/
