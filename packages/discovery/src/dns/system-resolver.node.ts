// The resolver of Node: the servers of this machine, or those that are named.
import { Resolver as NodeResolver } from 'node:dns/promises'
import { checkOptions } from '@peerwire/core'
import type { Resolver } from './resolver.ts'

/** Milliseconds for the first of three tries: a lost packet must not cost all the time that a question has. */
const FIRST_TRY_MS = 1000
const TRIES = 3

/** Answers that mean that a name has nothing of the kind. */
const NOTHING = ['ENOTFOUND', 'ENODATA']

export interface SystemResolverOptions {
  /** DNS servers, `address` or `address:port`; default those of the machine. */
  readonly servers?: readonly string[] | undefined
}

/** @throws {TypeError} when a server is none */
export function systemResolver(options: SystemResolverOptions = {}): Resolver {
  const { servers } = checkOptions('systemResolver', options, { servers: 'list' })
  for (const server of servers ?? []) checkServer(server)
  return {
    texts: async (name, signal) => {
      signal.throwIfAborted()
      const resolver = new NodeResolver({ timeout: FIRST_TRY_MS, tries: TRIES })
      if (servers) resolver.setServers(servers)
      const onAbort = (): void => resolver.cancel()
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        return (await resolver.resolveTxt(name)).map((strings) => strings.join(''))
      } catch (error) {
        signal.throwIfAborted()
        if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return []
        throw error
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}

// Node ends the program at port 0, and takes the rest of a port that is too high.
function checkServer(server: string): void {
  const [, port] = /^(?:\[.*\]|[^:]*):(\d+)$/.exec(server) ?? []
  try {
    if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) throw new RangeError(`port ${port}`)
    new NodeResolver().setServers([server])
  } catch (cause) {
    const words = 'a DNS server is an IP address, or one with a port from 1 to 65535'
    throw new TypeError(`${words}, not ${server}`, { cause })
  }
}
