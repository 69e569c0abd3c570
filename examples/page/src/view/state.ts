// The head of the page: how the tab stands with its relay, who it is, and on which network.
import { formatEndpoint, type Node, parseAddress, toHex } from '@peerwire/core'
import type { Eth } from '@peerwire/eth'
import type { RelayInfo } from '../relay-info.ts'
import type { RelayLink } from '../relay-link.ts'
import { moodOf, stateSentence, waitSentence } from '../relay-state.ts'
import { hexOf, networkWords, shortHex } from '../words.ts'
import { byId, setNotice, setText } from './dom.ts'

/** How often a wait is counted down. */
const TICK_MS = 500

/** Shows the state of the link; the answer is to be called whenever it may have changed. */
export function showState(link: () => RelayLink): () => void {
  const update = (): void => {
    const { state } = link()
    byId('state').dataset['state'] = moodOf(state)
    setText(byId('state-text'), stateSentence(state))
    setText(byId('state-wait'), waitSentence(state, performance.now()))
    byId('retry').hidden = state.kind !== 'unknown' && state.kind !== 'lost'
    byId('rejoin').hidden = state.kind !== 'left'
  }
  setInterval(update, TICK_MS)
  byId('retry').addEventListener('click', () => link().wake())
  byId('rejoin').addEventListener('click', () => link().start())
  return update
}

/** Shows which relay it is: its key and where it listens. */
export function showRelay({ address, notice }: Pick<RelayInfo, 'address' | 'notice'>): void {
  const { publicKey, endpoint } = parseAddress(address)
  const element = byId('relay')
  setText(element, `${shortHex(toHex(publicKey))} at ${formatEndpoint(endpoint)}`)
  element.title = address
  setNotice(byId('relay-notice'), notice === undefined ? undefined : `This relay says: ${notice}.`)
}

export function showIdentity({ publicKey, id }: Node): void {
  const element = byId('own-id')
  setText(element, shortHex(id))
  element.title = `id ${id}\nkey ${toHex(publicKey)}`
}

/** Shows the network once it is known, and peers of another one that were refused. */
export function showNetwork(node: Node, chain: Eth): void {
  chain.on('network:learned', ({ networkId, genesisHash }, peer) => {
    const element = byId('network')
    setText(element, `${networkWords(networkId)}, learned from ${peer.name === '' ? shortHex(peer.id) : peer.name}`)
    element.title = `genesis ${hexOf(genesisHash)}`
  })
  chain.on('peer:ready', () => setNotice(byId('refused'), undefined))
  node.on('peer:removed', ({ peer, error }) => {
    if (error.code !== 'incompatible remote status') return
    setNotice(byId('refused'), `${peer.name} was refused, because one tab is on one network: ${error.message}.`)
  })
}
