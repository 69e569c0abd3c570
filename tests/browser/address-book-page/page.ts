// A tab with an address book in IndexedDB, driven by the test outside.
import { createNode, generatePrivateKey } from '@peerwire/core'
import type { Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { AddressBook, AddressBookInspection } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import type { StorageOptions } from '@peerwire/core/storage'
import { storageCases } from '@peerwire/core/testing'
import { webSocket } from '@peerwire/transport-ws'

/** What a tab tells of itself. */
export interface TabState {
  readonly book: AddressBookInspection
  /** Endpoints of the peers that it dialed. */
  readonly peers: readonly string[]
  /** What the node has warned of. */
  readonly warnings: readonly string[]
}

declare global {
  interface Window {
    /** Starts a node whose book is kept under this name. */
    startTab: (name: string, seeds: readonly string[], whenTaken?: StorageOptions['whenTaken']) => Promise<void>
    /** Begins to close the node, and starts another one at once, as React's StrictMode does. */
    startAgain: (name: string) => Promise<void>
    saveBook: () => Promise<void>
    /** Takes in an address, as a peer's hearsay. */
    learn: (address: string) => void
    /** Characters of a stored value, read without a claim. */
    lengthStored: (name: string, value: string) => Promise<number>
    /** Ends the handles of all databases, as a browser does with those of tabs that sleep: nobody is told. */
    killHandles: () => void
    tabState: () => TabState
    closeTab: () => Promise<void>
    runStorageCase: (title: string) => Promise<void>
  }
}

const handles: IDBDatabase[] = []
try {
  const open = indexedDB.open.bind(indexedDB)
  indexedDB.open = (...args) => {
    const request = open(...args)
    request.addEventListener('success', () => handles.push(request.result))
    return request
  }
} catch {
  // This page may keep nothing.
}

let warnings: string[] = []
let running: { readonly node: Node; readonly book: AddressBook } | undefined

window.startTab = async (name, seeds, whenTaken) => {
  warnings = []
  const book = addressBook({ seeds, local: true })
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    plugins: [book],
    storage: openStorage(name, { whenTaken }),
    logger: {
      enabled: (level) => level === 'warn',
      log: (level, message, fields) => void (level === 'warn' && warnings.push(`${message} ${JSON.stringify(fields)}`)),
    },
  })
  await node.start()
  running = { node, book }
}

window.tabState = () => {
  const { node, book } = running!
  const peers = node.peers.map(({ endpoint }) => `${endpoint?.scheme}://${endpoint?.host}:${endpoint?.port}`)
  return { book: book.inspect()!, peers: peers.sort((left, right) => left.localeCompare(right)), warnings }
}

window.closeTab = async () => {
  await running?.node.close()
}

window.startAgain = async (name) => {
  void running?.node.close()
  await window.startTab(name, [])
}

window.learn = (address) => {
  running?.book.add(address)
}

window.saveBook = async () => {
  await running?.book.save()
}

window.lengthStored = async (name, value) => (await openStorage(name).read(value))?.length ?? 0

window.killHandles = () => {
  for (const handle of handles) handle.close()
}

let cases = 0
window.runStorageCase = async (title) => {
  const found = storageCases.find((one) => one.title === title)
  if (!found) throw new Error(`no such case: ${title}`)
  const name = `case-${cases++}`
  await found.run(() => openStorage(name))
}
