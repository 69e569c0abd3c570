// The page: a peer of the relays whose addresses stand behind the # of its own, one or more with commas between.
import { createNode, generatePrivateKey, toHex } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { webSocket } from '@peerwire/transport-ws'
import { createKinds, line } from '../kinds.mjs'

/** Blocks that the page shows, the newest. */
const SHOWN = 50

const { blocks, lines } = createKinds()
const items = inventory({ kinds: [blocks, lines] })
const addresses = location.hash.slice(1).split(',').filter(Boolean)
const node = createNode({
  name: 'tab',
  privateKey: generatePrivateKey(),
  transports: [webSocket()],
  plugins: [items],
  persistent: addresses,
})
const page = new AbortController()
const { signal } = page

const blockList = element('blocks')
items.follow(blocks, ({ value: { number, hash, timestamp } }) => {
  const time = new Date(Number(timestamp) * 1000).toLocaleTimeString()
  blockList.prepend(entry(`block ${number} of ${time}`, toHex(hash)))
  blockList.setAttribute('start', String(number))
  while (blockList.childElementCount > SHOWN) blockList.lastElementChild!.remove()
  showFigures()
})
items.follow(lines, ({ value }) => showLine(value.words))
node.on('peer:added', showState)
node.on('peer:removed', showState)
node.on('dial:failed', ({ error }) => tell(error.message))
element('form').addEventListener('submit', say, { signal })
addEventListener('online', () => node.wake(), { signal })
addEventListener('pageshow', () => node.wake(), { signal })

// The old node has to be gone before this file runs again, or the peers would see two.
import.meta.hot?.dispose(async () => {
  page.abort()
  await node.close()
})
import.meta.hot?.accept()

await node.start()
showState()

function say(event: Event): void {
  event.preventDefault()
  const input = element('words') as HTMLInputElement
  // Peers would end us for a line without words.
  if (input.value.trim() === '') return
  const salt = crypto.getRandomValues(new Uint8Array(8))
  items.publish(lines, line.encode({ salt, words: input.value }))
  showLine(input.value)
  input.value = ''
}

function showLine(words: string): void {
  element('lines').append(entry(words))
}

function showState(): void {
  if (addresses.length === 0) tell('no peer to dial: put the address of a relay behind the # of this page')
  else tell(node.peers.length === 0 ? 'connecting …' : `connected with ${node.peers.join(', ')}`)
}

function showFigures(): void {
  const { stored, known, knownBytes, items: counts } = items.inspect()
  const orphans = `${counts?.orphaned ?? 0} came before their parent`
  element('figures').textContent =
    `${stored} items here, ${orphans}; what peers know: ${known} ids in ${knownBytes} bytes`
}

function entry(words: string, hash?: string): HTMLLIElement {
  const item = document.createElement('li')
  item.textContent = words
  if (hash !== undefined) {
    const code = document.createElement('code')
    code.textContent = hash
    item.append(' ', code)
  }
  return item
}

function tell(state: string): void {
  element('state').textContent = state
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!
}
