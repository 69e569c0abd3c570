// The addresses of this machine's network interfaces.
import { networkInterfaces } from 'node:os'

/** IP addresses as text, those of one network of the machine after another. */
export function interfaceHosts(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address))
}
