// Whom the operator keeps out: bans given on the command line, kept with those from before.
import { type Standing, standing } from '@peerwire/core'
import { type Given, valueOf } from '../command/flags.ts'
import { isHost } from '../command/places.ts'
import type { Output } from '../command/output.ts'

export interface BanChanges {
  readonly ban: readonly string[]
  readonly unban: readonly string[]
}

/** @throws {UsageError} when a target is no key, host or range */
export function readBanChanges(given: Given): BanChanges {
  const [ban, unban] = ['ban', 'unban'].map((flag) => {
    for (const text of given.values(flag)) valueOf(flag, () => checkTarget(text))
    return given.values(flag)
  })
  return { ban: ban!, unban: unban! }
}

function checkTarget(text: string): void {
  standing({ ban: [text] })
  const isHostless = /^[0-9a-f]{128}$/i.test(text) || text.includes('/')
  const host = text.trim().replace(/^\[|\]$/g, '')
  if (!isHostless && !isHost(host)) throw new TypeError(`no host can be called "${host}"`)
}

/** One event for each ban that holds. */
export function reportBans({ bans }: Standing, output: Output): void {
  for (const { target, untilMs } of bans) output.event('ban', { target, untilMs })
}
