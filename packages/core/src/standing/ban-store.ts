// Bans as they are kept: a line each with a checksum of its own, so that one bad byte costs one ban at most.
import { toHex } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import type { Storage } from '../base/storage.ts'
import { MAX_BANS } from './ban-list.ts'
import type { Ban } from './ban-list.ts'

const NAME = 'bans.json'
const HEADER = { format: 'peerwire bans', version: 1 }
/** Hex digits of the checksum of a line. */
const CHECK_LENGTH = 16

export interface LoadedBans {
  readonly bans: readonly Ban[]
  /** What was wrong with the stored value, and what became of it; absent when nothing was. */
  readonly trouble?: string
}

export async function saveBans(storage: Storage, crypto: Crypto, bans: readonly Ban[]): Promise<void> {
  const lines = [{ ...HEADER, count: bans.length }, ...bans].map((value) => seal(crypto, JSON.stringify(value)))
  await storage.write(NAME, new TextEncoder().encode(`${lines.join('\n')}\n`))
}

/** Never fails: what can't be read is set aside, and what can be salvaged is used. */
export async function loadBans(storage: Storage, crypto: Crypto): Promise<LoadedBans> {
  const bytes = await storage.read(NAME).catch(() => undefined)
  if (!bytes) return { bans: [] }
  const { bans, lost } = readBans(crypto, bytes)
  if (lost === 0) return { bans }
  const previous = await storage.readPrevious(NAME).catch(() => undefined)
  const older = previous ? readBans(crypto, previous).bans : []
  const known = new Set(bans.map(({ target }) => target))
  const salvaged = [...bans, ...older.filter(({ target }) => !known.has(target))]
  const where = await storage.setAside(NAME).catch(() => 'nowhere, for it could not be moved')
  const trouble =
    `${NAME} can't be read whole, at least ${lost} lines are missing or altered; ` +
    `${salvaged.length} bans hold, the old list is kept in ${where}`
  return { bans: salvaged.slice(0, MAX_BANS), trouble }
}

function readBans(crypto: Crypto, bytes: Uint8Array): { readonly bans: Ban[]; readonly lost: number } {
  const lines = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .slice(0, MAX_BANS + 1)
  const [header, ...rest] = lines.map((line) => unseal(crypto, line))
  const bans = rest.filter(isBan)
  const isWhole = JSON.stringify(header) === JSON.stringify({ ...HEADER, count: bans.length })
  return { bans, lost: isWhole ? 0 : Math.max(1, rest.filter((value) => !isBan(value)).length) }
}

function seal(crypto: Crypto, text: string): string {
  return `${checkOf(crypto, text)} ${text}`
}

function unseal(crypto: Crypto, line: string): unknown {
  const text = line.slice(CHECK_LENGTH + 1)
  if (line !== `${checkOf(crypto, text)} ${text}`) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkOf(crypto: Crypto, text: string): string {
  return toHex(crypto.sha256(new TextEncoder().encode(text))).slice(0, CHECK_LENGTH)
}

function isBan(value: unknown): value is Ban {
  if (typeof value !== 'object' || value === null) return false
  const { target, untilMs, reason } = value as Partial<Record<keyof Ban, unknown>>
  const hasTime = untilMs === null || (typeof untilMs === 'number' && Number.isFinite(untilMs))
  return typeof target === 'string' && hasTime && typeof reason === 'string'
}
