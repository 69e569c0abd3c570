// The table of peers.
import type { Node, Peer } from '@peerwire/core'
import { capabilityWords, routeWords } from '../words.ts'
import { bodyOf, byId, cell, row, setText } from './dom.ts'

/** Capabilities shown of one peer; a stranger may list many. */
const SHOWN_CAPABILITIES = 12

/** Shows the peers of `node` from now on; `disconnect` is asked when a row's button is pressed. */
export function showPeers(node: Node, disconnect: (peer: Peer) => void): void {
  const rows = new Map<string, HTMLTableRowElement>()
  const body = bodyOf('peers')
  const count = (): void => {
    setText(byId('peers-count'), String(rows.size))
    byId('peers-empty').hidden = rows.size > 0
    byId('peers').hidden = rows.size === 0
  }
  node.on('peer:added', (peer) => {
    const made = peerRow(peer, () => disconnect(peer))
    rows.set(peer.id, made)
    body.append(made)
    count()
  })
  node.on('peer:removed', ({ peer }) => {
    rows.get(peer.id)?.remove()
    rows.delete(peer.id)
    count()
  })
  count()
}

function peerRow(peer: Peer, disconnect: () => void): HTMLTableRowElement {
  const { id, name, direction } = peer
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Disconnect'
  button.setAttribute('aria-label', `Disconnect from ${name}`)
  button.addEventListener('click', disconnect)
  const made = row(
    cell(name === '' ? '(no name)' : name, { title: id, className: 'name' }),
    cell(direction),
    cell(capabilityList(peer)),
    cell(routeWords(peer), { className: 'mono' }),
    cell(button, { className: 'number' }),
  )
  made.dataset['id'] = id
  return made
}

/** What it offers; what both speak stands out. */
function capabilityList({ capabilities, shared }: Peer): HTMLElement {
  const spoken = new Set(shared.map(capabilityWords))
  const list = document.createElement('span')
  for (const text of capabilities.slice(0, SHOWN_CAPABILITIES).map(capabilityWords)) {
    const item = document.createElement(spoken.has(text) ? 'strong' : 'span')
    item.textContent = text
    item.title = spoken.has(text) ? 'both speak it' : 'this tab does not speak it'
    list.append(item, ' ')
  }
  if (capabilities.length > SHOWN_CAPABILITIES) list.append(`and ${capabilities.length - SHOWN_CAPABILITIES} more`)
  return list
}
