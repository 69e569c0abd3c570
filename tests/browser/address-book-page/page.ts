// A tab with an address book in IndexedDB, driven by the test outside.
import { createNode, generatePrivateKey } from '@peerwire/core'
import type { Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { AddressBook, AddressBookInspection } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import { storageCases } from '@peerwire/core/testing'
import { webSocket } from '@peerwire/transport-ws'

/** What a tab tells of itself. */
export interface TabState {
  readonly book: AddressBookInspection
  /** Endpoints of the peers that it dialed. */
  readonly peers: readonly string[]
}

declare global {
  interface Window {
    /** Starts a node whose book is kept under this name. */
    startTab: (name: string, seeds: readonly string[]) => Promise<void>
    tabState: () => TabState
    closeTab: () => Promise<void>
    runStorageCase: (title: string) => Promise<void>
  }
}

let running: { readonly node: Node; readonly book: AddressBook } | undefined

window.startTab = async (name, seeds) => {
  const book = addressBook({ seeds, local: true })
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    plugins: [book],
    storage: openStorage(name),
  })
  await node.start()
  running = { node, book }
}

window.tabState = () => {
  const { node, book } = running!
  const peers = node.peers.map(({ endpoint }) => `${endpoint?.scheme}://${endpoint?.host}:${endpoint?.port}`)
  return { book: book.inspect()!, peers: peers.sort((left, right) => left.localeCompare(right)) }
}

window.closeTab = async () => {
  await running?.node.close()
}

let cases = 0
window.runStorageCase = async (title) => {
  const found = storageCases.find((one) => one.title === title)
  if (!found) throw new Error(`no such case: ${title}`)
  const name = `case-${cases++}`
  await found.run(() => openStorage(name))
}
