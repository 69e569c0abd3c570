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

export function systemResolver(options: SystemResolverOptions = {}): Resolver {
  const { servers } = checkOptions('systemResolver', options, { servers: 'list' })
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
