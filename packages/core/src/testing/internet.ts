// Hosts with IP addresses inside one process: what an address book needs to be tested with, beside the memory network.
import type { Endpoint } from '../wire/address.ts'
import type { Transport } from '../wire/link.ts'
import type { MemoryNetwork } from './memory-transport.ts'

/** The port on which every host listens that listens at all. */
const PORT = 30_303

/** TCP of a host with this IP address, over a memory network; it listens on 30303 unless told otherwise, or where. */
export function memoryTcp(
  network: MemoryNetwork,
  ip: string,
  { listen = true }: { listen?: boolean | number } = {},
): Transport {
  const inner = network.transport(ip, listen === false ? {} : { listen: listen === true ? PORT : listen })
  const transport: Transport = {
    name: 'memory-tcp',
    canDial: ({ scheme }) => scheme === 'tcp',
    dial: (endpoint, options) => inner.dial({ ...endpoint, scheme: 'memory' }, options),
  }
  const { listen: open } = inner
  if (!open) return transport
  return {
    ...transport,
    listen: async (handlers) =>
      (await open(handlers)).map((listener) => ({ ...listener, endpoint: tcp(listener.endpoint) })),
  }
}

function tcp(endpoint: Endpoint): Endpoint {
  return { ...endpoint, scheme: 'tcp' }
}
