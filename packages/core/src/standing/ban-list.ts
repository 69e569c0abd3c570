// Bans by key, host and range: what they say, and whom they hold.
import { toHex } from '../base/bytes.ts'
import { hostOf } from '../addresses/prefix.ts'
import { hasPrefix, parseIp } from '../addresses/ip.ts'
import { plainName } from '../addresses/routability.ts'

/** Bans kept; an operator's program may add them without end. */
export const MAX_BANS = 10_000

export interface Ban {
  /** A public key in hex, a host, or a range of addresses. */
  readonly target: string
  /** Milliseconds since 1970; `null` until it is lifted. */
  readonly untilMs: number | null
  readonly reason: string
}

interface Range {
  readonly prefix: readonly number[]
  readonly bits: number
}

export class BanList {
  readonly #bans = new Map<string, Ban>()
  readonly #ranges = new Map<string, Range>()
  /** Taken off the list in this run. */
  readonly #removed = new Set<string>()

  get size(): number {
    return this.#bans.size
  }

  /** Those that still hold. */
  list(nowMs: number): Ban[] {
    return [...this.#bans.values()].filter((ban) => isHeld(ban, nowMs))
  }

  /** Adds or replaces. @throws {TypeError} when the target can't be read; @throws {RangeError} past the bound */
  add(ban: Ban): Ban {
    const target = ban.target.trim()
    const key = keyOfTarget(target)
    if (!this.#bans.has(key) && this.#bans.size >= MAX_BANS) {
      throw new RangeError(`there are ${MAX_BANS} bans already; a range bans many addresses at once`)
    }
    const kept = { ...ban, target }
    this.#bans.set(key, kept)
    const range = readRange(target)
    if (range) this.#ranges.set(key, range)
    return kept
  }

  /** Adds what an older list has, but nobody who was taken off this one; what can't be read of it is left out. */
  addOlder(bans: readonly Ban[]): void {
    for (const ban of bans) {
      if (this.#bans.size >= MAX_BANS) return
      const key = readTarget(ban.target)
      if (key !== undefined && !this.#bans.has(key) && !this.#removed.has(key)) this.add(ban)
    }
  }

  remove(text: string): boolean {
    const key = keyOfTarget(text)
    if (this.#removed.size < MAX_BANS) this.#removed.add(key)
    this.#ranges.delete(key)
    return this.#bans.delete(key)
  }

  /** Whether a ban holds for a key (hex) or an address (`host`, `host:port`, URL). */
  holds(key: string | undefined, address: string | undefined, nowMs: number): boolean {
    if (key !== undefined && this.#isBanned(key, nowMs)) return true
    if (address === undefined) return false
    const host = plainName(hostOf(address))
    const ip = parseIp(host)
    if (this.#isBanned(ip ? toHex(ip) : host, nowMs)) return true
    if (!ip) return false
    for (const [range, { prefix, bits }] of this.#ranges) {
      const fits = prefix.length === ip.length && hasPrefix(ip, prefix, bits)
      if (fits && this.#isBanned(range, nowMs)) return true
    }
    return false
  }

  #isBanned(key: string, nowMs: number): boolean {
    const ban = this.#bans.get(key)
    if (!ban || isHeld(ban, nowMs)) return ban !== undefined
    this.#bans.delete(key)
    this.#ranges.delete(key)
    return false
  }
}

function isHeld({ untilMs }: Ban, nowMs: number): boolean {
  return untilMs === null || nowMs < untilMs
}

/** @throws {TypeError} when a ban can't be of this */
export function checkBanTarget(text: string): void {
  keyOfTarget(text)
}

// However a target is spelled, it has one key: addresses and ranges by their bytes, names in lower case.
function keyOfTarget(text: string): string {
  const key = readTarget(text)
  if (key !== undefined) return key
  throw new TypeError(`a ban is of a public key, a host or a range such as 203.0.113.0/24, not of "${text}"`)
}

function readTarget(text: string): string | undefined {
  const plain = plainName(text.trim())
  if (/^[0-9a-f]{128}$/.test(plain)) return plain
  const range = readRange(plain)
  if (range) return `${toHex(Uint8Array.from(range.prefix))}/${range.bits}`
  const ip = parseIp(plain)
  if (ip) return toHex(ip)
  return plain.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(plain) ? plain : undefined
}

function readRange(text: string): Range | undefined {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(text)
  const ip = match && parseIp(match[1]!)
  if (!ip) return undefined
  const bits = Number(match[2])
  return bits <= ip.length * 8 ? { prefix: [...ip], bits } : undefined
}
