// A peer of the test's own making that serves the built page and answers as a relay does.
import {
  createNode,
  generatePrivateKey,
  inventory,
  type InventoryPlugin,
  type Node,
  parseEndpoint,
} from '@peerwire/core'
import { eth } from '@peerwire/eth'
import type { EthNetwork } from '@peerwire/eth'
import { webSocket } from '@peerwire/transport-ws'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '../../../scripts/lib/sources.mjs'
import { createHttp } from '../../../packages/relay/src/http/http.ts'
import { servePage } from '../../../packages/relay/src/http/page-files.ts'
import { sampleNetwork } from '../../../packages/relay/src/sample/index.ts'

const PAGE = join(root, 'packages/relay/page')

export interface PageHostOptions {
  /** The client name it gives. */
  readonly name?: string
  readonly network?: EthNetwork
  readonly cleanUp: (step: () => unknown) => void
}

export interface PageHost {
  /** Of the page. */
  readonly url: string
  /** `ws://KEY@127.0.0.1:PORT/` */
  readonly address: string
  readonly node: Node
  /** What it holds is announced to tabs. */
  readonly inventory: InventoryPlugin
}

export async function startPageHost({ name, network, cleanUp }: PageHostOptions): Promise<PageHost> {
  const items = inventory()
  const request = createHttp({
    listener: () => listener(),
    facts: () => ({
      publicKey: node.publicKey,
      listeners: [listener()],
      publicEndpoint: undefined,
      advertised: [],
      bridge: [],
    }),
    pageFolder: PAGE,
    trustProxy: false,
  })
  const node = createNode({
    ...(name === undefined ? {} : { name }),
    privateKey: generatePrivateKey(),
    transports: [webSocket({ listen: 'ws://127.0.0.1:0/', request })],
    plugins: [items, eth({ network: network ?? sampleNetwork(), inventory: items })],
  })
  const listener = () => parseEndpoint(node.addresses[0]!.replace(/\/\/.*@/, '//'))
  cleanUp(() => node.close())
  await node.start()
  const { host, port } = listener()
  return { url: `http://${host}:${port}/`, address: node.addresses[0]!, node, inventory: items }
}

/** Serves the page where there is no relay; the answer is the page's URL. */
export async function servePageAlone(cleanUp: (step: () => unknown) => void): Promise<string> {
  const server = createServer((request, response) => void servePage(PAGE, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
