// The page: one node, kept connected to one peer, and closed before a hot reload makes the next.
import { createNode, defineProtocol, dialPolicy, message, text } from '@peerwire/core'
import { loadOrCreatePrivateKey } from '@peerwire/core/storage'
import { resolveNode, webSocket } from '@peerwire/transport-ws'

/**
 * Whom to dial: the URL of a server, as in `VITE_PEER=http://127.0.0.1:4000 npm run dev`, or an address with its key;
 * else what stands behind the # of the page's own.
 */
const server = import.meta.env.VITE_PEER ?? location.hash.slice(1)

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const node = createNode({
  privateKey: await loadOrCreatePrivateKey('vite-template'), // of this tab, through its reloads
  transports: [webSocket()],
  protocols: [chat.with({ say: (_, line) => show(line) })],
  dialing: dialPolicy({ retryMaxMs: 30_000 }),
})
const page = new AbortController()

node.on('peer:added', (peer) => tell(`connected with ${String(peer)}`))
node.on('peer:removed', ({ peer, error }) => tell(`${String(peer)} is gone: ${error.message}`))
node.on('dial:failed', ({ error }) => tell(error.message))
addEventListener('online', () => node.wake(), { signal: page.signal })
addEventListener('pageshow', () => node.wake(), { signal: page.signal })
element('form').addEventListener('submit', say, { signal: page.signal })

// The old node has to be gone before this file runs again, or the peer would see two.
import.meta.hot?.dispose(async () => {
  page.abort()
  await node.close()
})
import.meta.hot?.accept()

await node.start()
if (server === '') tell('no peer to dial: put the URL of a server behind the # of this page')
else await connect()

async function connect(): Promise<void> {
  try {
    const { addresses } = server.includes('@')
      ? { addresses: [server] }
      : await resolveNode(server, { signal: page.signal })
    node.addPersistent(addresses[0]!)
  } catch (error) {
    if (!page.signal.aborted) tell(String(error))
  }
}

function say(event: Event): void {
  event.preventDefault()
  const input = element('line') as HTMLInputElement
  for (const peer of node.peers) void peer.send(chat, 'say', input.value)
  input.value = ''
}

function show(line: string): void {
  const item = document.createElement('li')
  item.textContent = line
  element('lines').append(item)
}

function tell(state: string): void {
  element('state').textContent = state
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!
}
