// A discv4 of its own for commands that look around and leave: fresh key, no listener, nothing kept.
import { defaultCrypto, generatePrivateKey, silentLogger, systemClock, systemRandom } from '@peerwire/core'
import { createDiscv4, type Discv4, udp } from '@peerwire/discovery/node'

/** Where it is bound unless told otherwise: anywhere, on a free port. */
const ANYWHERE = { host: '0.0.0.0', port: 0 }

/** Opens a socket and begins with the given nodes. Close it. */
export async function startSearcher(bootnodes: readonly string[], listen?: string): Promise<Discv4> {
  const socket = await udp({ listen })(ANYWHERE)
  const surroundings = { clock: systemClock, random: systemRandom, crypto: defaultCrypto, logger: silentLogger }
  const discv4 = createDiscv4({ privateKey: generatePrivateKey(), socket, bootnodes, ...surroundings })
  try {
    await discv4.start()
  } catch (error) {
    await discv4.close()
    throw error
  }
  return discv4
}
