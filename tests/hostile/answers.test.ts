// HTTP servers that say more than is asked of them: whoever reads them stops at its bound, and hangs up.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { dnsOverHttps } from '@peerwire/discovery'
import { resolveNode } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchRelayInfo } from '../../examples/page/src/relay-info.ts'
import { costOf } from './support/cost.ts'

const MIB = 2 ** 20
/** Room for all that lies between two ends, garbage included; a reader without a bound took 100 times as much. */
const MOST_BYTES = 48 * MIB
/** 128 MiB of blanks, packed. */
const BOMB = gzipSync(new Uint8Array(128 * MIB).fill(32), { level: 1 })

/** Writes blanks for as long as they are taken. */
function flood(response: ServerResponse): void {
  const part = new Uint8Array(MIB).fill(32)
  const go = (): void => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', go)
  go()
}

const SERVERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'without end': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    flood(response)
  },
  'that says its length': (response) => {
    response.writeHead(200, { 'content-length': 1e12 })
    flood(response)
  },
  'of a failure without end': (response) => {
    response.writeHead(500)
    flood(response)
  },
  'that unpacks to 1,000 times its size': (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB)
  },
}

const READERS: Readonly<Record<string, (url: string, signal: AbortSignal) => Promise<unknown>>> = {
  dnsOverHttps: (url, signal) => dnsOverHttps({ url, fetch }).texts('nodes.example', signal),
  resolveNode: (url, signal) => resolveNode(url, { signal }),
  'the page': (url, signal) => fetchRelayInfo(url, signal),
}

const CASES = Object.keys(READERS).flatMap((reader) => Object.keys(SERVERS).map((server) => [reader, server] as const))

describe('an HTTP answer', () => {
  it.each(CASES)('read by %s: %s', async (reader, kind) => {
    const closed: Promise<unknown>[] = []
    const server = createServer((_, response) => {
      closed.push(new Promise((resolve) => response.once('close', resolve)))
      SERVERS[kind]!(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => server.closeAllConnections())
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { signal } = new AbortController()
    const { peakBytes } = await costOf(async () => {
      await expect(READERS[reader]!(url, signal)).rejects.toThrow(/more than 65536 bytes|far more|HTTP/)
      // Whoever has had enough says so: nothing goes on arriving.
      await Promise.all(closed)
    })
    expect(closed).toHaveLength(1)
    expect(peakBytes).toBeLessThan(MOST_BYTES)
  })
})
