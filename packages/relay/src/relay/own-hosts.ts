// By which names the relay's pages are its own.
import type { RelayOptions } from './options.ts'

/** What the operator has named: `host:port`, without the port where it is the usual one of its scheme. */
export function ownHosts(options: Pick<RelayOptions, 'hosts' | 'publicEndpoint' | 'advertised'>): readonly string[] {
  const told = [options.publicEndpoint, ...options.advertised].filter((endpoint) => endpoint !== undefined)
  const pages = told.filter(({ scheme }) => scheme !== 'tcp')
  return [
    ...options.hosts,
    ...pages.map(({ scheme, host, port }) => {
      const name = host.includes(':') ? `[${host}]` : host
      return port === (scheme === 'wss' ? 443 : 80) ? name : `${name}:${port}`
    }),
  ]
}
