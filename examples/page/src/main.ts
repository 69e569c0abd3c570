// The page: makes this tab a peer, keeps it connected to its relay, and shows what happens.
import { createNode, dialPolicy, generatePrivateKey } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { eth } from '@peerwire/eth'
import { webSocket } from '@peerwire/transport-ws'
import { RelayLink } from './relay-link.ts'
import { showBridge } from './view/bridge.ts'
import { showEnded } from './view/ended.ts'
import { showPeers } from './view/peers.ts'
import { showSend } from './view/send.ts'
import { showIdentity, showNetwork, showRelay, showState } from './view/state.ts'
import { showTransactions } from './view/transactions.ts'

/** Longest wait before a lost relay is dialed again: somebody may be looking. */
const RETRY_MAX_MS = 30_000

/**
 * How long a tab keeps a transaction to tell it on: those who want it from us ask within seconds, and a tab may stay
 * open for days.
 */
const STORE_MS = 60_000

const items = inventory({ limits: { storeMs: STORE_MS } })
const chain = eth({ network: 'auto', inventory: items })
const node = createNode({
  name: 'peerwire-tab',
  // A key of its own for each tab: two tabs with one key would throw each other out.
  privateKey: generatePrivateKey(),
  transports: [webSocket()],
  plugins: [items, chain],
  dialing: dialPolicy({ retryMaxMs: RETRY_MAX_MS }),
})

const updateState = showState(() => link)
const bridge = showBridge(node)
const link = new RelayLink({
  node,
  base: relayBase(),
  changed: updateState,
  informed: (info) => {
    showRelay(info)
    bridge.informed(info)
  },
})
const transactions = showTransactions()
showIdentity(node)
showNetwork(node, chain)
showPeers(node, (peer) => (link.isRelay(peer) ? link.leave() : peer.disconnect()))
showEnded(node)
showSend(chain, transactions.sentByUs)
chain.on('transaction:received', transactions.arrived)

await node.start()
link.start()
addEventListener('online', () => link.wake())
addEventListener('pageshow', ({ persisted }) => persisted && link.wake())
addEventListener('pagehide', ({ persisted }) => persisted || void node.close())

/** The relay that served this page, or the one named by `?relay=https://relay.example/`. */
function relayBase(): string {
  const named = new URLSearchParams(location.search).get('relay')
  if (named === null || !URL.canParse(named)) return document.baseURI
  return named.endsWith('/') ? named : `${named}/`
}
