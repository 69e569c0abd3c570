// Finds the addresses behind a name once, by DNS alone: neither the hosts file nor a cache of somebody's has a say.
import { Resolver } from 'node:dns/promises'

/** All addresses of a name, IPv4 and IPv6; none where it has none. */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>

/** Answers that mean that a name has nothing of the kind. */
const NOTHING = ['ENOTFOUND', 'ENODATA']

/** @param servers - `address` or `address:port`; default those of the machine */
export function dnsResolver(servers?: readonly string[]): ResolveName {
  return async (name, signal) => {
    signal.throwIfAborted()
    // One for each question, so that giving one up gives up no other's.
    const resolver = new Resolver()
    if (servers) resolver.setServers(servers)
    const onAbort = (): void => resolver.cancel()
    signal.addEventListener('abort', onAbort)
    try {
      const answers = await Promise.all([answerOf(resolver.resolve4(name)), answerOf(resolver.resolve6(name))])
      return answers.flat()
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

async function answerOf(question: Promise<string[]>): Promise<string[]> {
  try {
    return await question
  } catch (error) {
    if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
