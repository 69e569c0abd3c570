// Bans as they are kept: lines with checksums, so that a bad byte costs one or two bans at most.
import { utf8ToBytes } from '../base/bytes.ts'
import { checkedLine, readCheckedLine } from '../base/checked-line.ts'
import type { Storage } from '../base/storage.ts'
import { MAX_BANS } from './ban-list.ts'
import type { Ban } from './ban-list.ts'

const NAME = 'bans.json'
const HEADER = { format: 'peerwire bans', version: 1 }

export interface LoadedBans {
  readonly bans: readonly Ban[]
  /** What was wrong with the stored value, and what became of it; absent when nothing was. */
  readonly trouble?: string
}

export async function saveBans(storage: Storage, bans: readonly Ban[]): Promise<void> {
  const lines = [{ ...HEADER, count: bans.length }, ...bans].map(checkedLine)
  await storage.write(NAME, utf8ToBytes(`[\n${lines.join(',\n')}\n]\n`))
}

/** Never fails: what can't be read is set aside, and what can be salvaged is used. */
export async function loadBans(storage: Storage): Promise<LoadedBans> {
  const bytes = await storage.read(NAME).catch(() => undefined)
  if (!bytes) return { bans: [] }
  const { bans, lost } = readBans(bytes)
  if (lost === 0) return { bans }
  const previous = await storage.readPrevious(NAME).catch(() => undefined)
  const older = previous ? readBans(previous).bans : []
  const known = new Set(bans.map(({ target }) => target))
  const salvaged = [...bans, ...older.filter(({ target }) => !known.has(target))]
  const where = await storage.setAside(NAME).catch(() => 'nowhere, for it could not be moved')
  const trouble =
    `${NAME} can't be read whole, at least ${lost} lines are missing or altered; ` +
    `${salvaged.length} bans hold, the old list is kept in ${where}`
  return { bans: salvaged.slice(0, MAX_BANS), trouble }
}

function readBans(bytes: Uint8Array): { readonly bans: Ban[]; readonly lost: number } {
  const lines = new TextDecoder('latin1').decode(bytes).split('\n')
  const [header, ...rest] = lines
    .filter((line) => !['', '[', ']'].includes(line))
    .slice(0, MAX_BANS + 1)
    .map((line): unknown => readCheckedLine(line))
  const bans = rest.filter(isBan)
  const bad = rest.length - bans.length
  const isWhole = bad === 0 && JSON.stringify(header) === JSON.stringify({ ...HEADER, count: bans.length })
  return { bans, lost: isWhole ? 0 : Math.max(1, bad) }
}

function isBan(value: unknown): value is Ban {
  if (typeof value !== 'object' || value === null) return false
  const { target, untilMs, reason } = value as Partial<Record<keyof Ban, unknown>>
  const hasTime = untilMs === null || (typeof untilMs === 'number' && Number.isFinite(untilMs))
  return typeof target === 'string' && hasTime && typeof reason === 'string'
}
