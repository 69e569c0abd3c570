// The page: one node, kept connected to one peer, and closed before a hot reload makes the next.
import { createNode, defineProtocol, dialPolicy, generatePrivateKey, message, text } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'

/**
 * Whom to dial: `VITE_PEER=ws://KEY@127.0.0.1:4000/ npm run dev`, or what stands behind the # of the page's address.
 */
const address = import.meta.env.VITE_PEER ?? location.hash.slice(1)

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const node = createNode({
  privateKey: generatePrivateKey(),
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
if (address === '') tell('no peer to dial: put its address behind the # of this page')
else node.addPersistent(address)

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
