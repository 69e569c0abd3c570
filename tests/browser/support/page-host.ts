// A peer of the test's own making that serves the built page and answers as a relay does.
import { createNode, generatePrivateKey, type Node, parseEndpoint } from '@peerwire/core'
import { inventory, type InventoryPlugin } from '@peerwire/core/inventory'
import { eth } from '@peerwire/eth'
import type { EthNetwork } from '@peerwire/eth'
import { readTrustProxy, webSocket } from '@peerwire/transport-ws'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '../../../scripts/lib/sources.mjs'
import { createHttp } from '../../../packages/relay/src/http/http.ts'
import { loadPage, servePage } from '../../../packages/relay/src/http/page-files.ts'
import { sampleNetwork } from '../../../packages/relay/src/sample/index.ts'
import { claimPort } from '../../support/ports.ts'

const PAGE = join(root, 'packages/relay/page')

export interface PageHostOptions {
  /** The client name it gives. */
  readonly name?: string
  readonly network?: EthNetwork
  /** An earlier one that was closed, whose key and port are to be taken again. */
  readonly again?: PageHost
  readonly cleanUp: (step: () => unknown) => void
}

export interface PageHost {
  /** Of the page. */
  readonly url: string
  /** `ws://KEY@127.0.0.1:PORT/` */
  readonly address: string
  readonly node: Node
  readonly privateKey: Uint8Array
  /** What it holds is announced to tabs. */
  readonly inventory: InventoryPlugin
}

export async function startPageHost({ name, network, again, cleanUp }: PageHostOptions): Promise<PageHost> {
  const items = inventory()
  const privateKey = again?.privateKey ?? generatePrivateKey()
  const listen = again ? withoutKey(again.address) : `ws://127.0.0.1:${await claimPort()}/`
  const page = await loadPage(PAGE)
  const request = createHttp({
    listener: () => listener(),
    facts: () => ({
      publicKey: node.publicKey,
      listeners: [listener()],
      publicEndpoint: undefined,
      advertised: [],
      bridge: [],
    }),
    page,
    proxies: readTrustProxy(false),
  })
  const node = createNode({
    ...(name === undefined ? {} : { name }),
    privateKey,
    transports: [webSocket({ listen, request })],
    plugins: [items, eth({ network: network ?? sampleNetwork(), inventory: items })],
  })
  const listener = () => parseEndpoint(withoutKey(node.addresses[0]!))
  cleanUp(() => node.close())
  await node.start()
  const { host, port } = listener()
  return { url: `http://${host}:${port}/`, address: node.addresses[0]!, node, privateKey, inventory: items }
}

/** The endpoint of an address. */
export function withoutKey(address: string): string {
  return address.replace(/\/\/[0-9a-f]{128}@/, '//')
}

/** Serves the page where there is no relay; the answer is the page's URL. */
export async function servePageAlone(cleanUp: (step: () => unknown) => void): Promise<string> {
  const page = await loadPage(PAGE)
  const server = createServer((request, response) => void servePage(page, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
