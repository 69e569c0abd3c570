// The name of the network whose nodes a book holds, where the program gives none: it follows from what the nodes speak.
import { toHex, utf8ToBytes } from '../base/bytes.ts'

/** What any program may speak beside its own: it says nothing of whose nodes these are. */
const COMMON: readonly string[] = ['addr', 'inv', 'reach', 'meet', 'room']
/** Hex digits of the name: enough that no two programs meet by chance. */
const DIGITS = 16

/** The parts that make the name: protocols and kinds of the program's own, each once, sorted by their characters. */
export function networkParts(names: Iterable<string>): string[] {
  const own = new Set(names)
  for (const name of COMMON) own.delete(name)
  return [...own].sort((left, right) => (left < right ? -1 : 1))
}

/** `main` without parts, else the first 16 hex digits of the SHA-256 of the parts, each on a line. */
export function networkName(parts: readonly string[], sha256: (bytes: Uint8Array) => Uint8Array): string {
  return parts.length === 0 ? 'main' : toHex(sha256(utf8ToBytes(parts.join('\n')))).slice(0, DIGITS)
}
