// The acceptance suite over real sockets in Node.
import { createServer, type AddressInfo, type Server } from 'node:net'
import { type Listener, systemClock, type Transport } from '@peerwire/core'
import { type CaseServer, createCaseServer, transportCases, type TransportEnv } from '@peerwire/core/testing'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { rounds } from '../support/counts.ts'
import { claimPort } from '../support/ports.ts'
import { openSocksServer, type SocksServer } from './socks-server.ts'

const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE, ca: TEST_CERTIFICATE }

interface Round {
  readonly title: string
  make(proxy: string): Transport
  /** Whether it is a WebSocket: a server that says nothing keeps a dial waiting, and a refusal has words. */
  readonly webSocket: boolean
}

const ROUNDS: readonly Round[] = [
  { title: 'TCP', make: () => tcp({ listen: 'tcp://127.0.0.1:0' }), webSocket: false },
  {
    title: 'TCP through a SOCKS5 proxy',
    make: (all) => tcp({ listen: 'tcp://127.0.0.1:0', proxies: { all } }),
    webSocket: false,
  },
  { title: 'WebSocket', make: () => webSocket({ listen: 'ws://127.0.0.1:0/' }), webSocket: true },
  { title: 'WebSocket over TLS', make: () => webSocket({ listen: 'wss://127.0.0.1:0/', tls }), webSocket: true },
]

/** Through a proxy or TLS the bytes go over the same link: the short run shows a few cases, the long one all. */
const THE_SAME_LINK = rounds(8, Number.POSITIVE_INFINITY)

describe.each(ROUNDS)('the acceptance suite over $title', ({ title, make, webSocket: isWebSocket }) => {
  let env: TransportEnv
  let server: CaseServer
  let listeners: readonly Listener[]
  let mute: Server
  let proxy: SocksServer

  beforeAll(async () => {
    proxy = await openSocksServer()
    const transport = make(proxy.url)
    server = createCaseServer(systemClock)
    listeners = await transport.listen!(server.handlers)
    const { endpoint } = listeners[0]!
    // Accepts, and never says anything.
    mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const hanging = { ...endpoint, port: (mute.address() as AddressInfo).port }
    env = {
      transport,
      endpoint,
      refusing: { ...endpoint, port: await claimPort() },
      hanging: isWebSocket ? hanging : undefined,
      clock: systemClock,
      canPauseReading: true,
      tellsRefusals: isWebSocket,
    }
  })

  afterAll(async () => {
    server.close()
    mute.close()
    proxy.close()
    for (const listener of listeners) await listener.close()
  })

  const cases = transportCases()
  it.each(/proxy|TLS/.test(title) ? cases.slice(0, THE_SAME_LINK) : cases)('$name', async ({ run }) => {
    await run(env)
  })
})
