// One node to a database: a Web Lock, which the browser gives back however a page ends.
import { createDeferred } from '../base/abort.ts'
import { systemClock } from '../base/clock.ts'
import { CLOSING_MS } from './storage-options.ts'

/** Names of errors by which browsers say that a page may keep nothing. */
const DENIED = ['SecurityError', 'InvalidStateError', 'NotAllowedError', 'ReferenceError']

export interface Claim {
  /** Absent when somebody else has it. */
  readonly release?: () => Promise<void>
  readonly holder?: string
}

/** Why the browser keeps nothing for this page, when that is what an error says. */
export function whyDenied(error: unknown): string | undefined {
  const { name } = error as { readonly name?: unknown }
  return DENIED.includes(String(name)) ? `the browser keeps nothing for this page: ${String(error)}` : undefined
}

/** Takes the name, at once or, if `isPatient`, when whoever has it lets go in time. */
export async function claimPlace(name: string, owner: string, isPatient: boolean): Promise<Claim> {
  // Only pages that came over https or from this machine have locks.
  const locks = typeof navigator === 'undefined' ? undefined : (navigator.locks as LockManager | undefined)
  if (!locks) return { release: () => Promise.resolve() }
  const taken = createDeferred<boolean>()
  const over = createDeferred<void>()
  const patience = new AbortController()
  const timer = isPatient ? systemClock.setTimer(CLOSING_MS, () => patience.abort()) : undefined
  const options = isPatient ? { signal: patience.signal } : { ifAvailable: true }
  const ended = locks.request(name, options, async (granted) => {
    taken.resolve(granted !== null)
    // A second lock, whose name tells others who has the first.
    if (granted) await locks.request(`${name}: ${owner}`, () => over.promise)
  })
  ended.catch((error: unknown) => (patience.signal.aborted ? taken.resolve(false) : taken.reject(error)))
  const isOurs = await taken.promise.finally(() => timer?.cancel())
  if (!isOurs) return { holder: await holderOf(locks, name) }
  const release = async (): Promise<void> => {
    over.resolve()
    await ended
  }
  return { release }
}

async function holderOf(locks: LockManager, name: string): Promise<string> {
  const { held = [] } = await locks.query()
  const lock = held.find((one) => one.name?.startsWith(`${name}: `))
  return lock?.name?.slice(name.length + 2) ?? 'another node'
}
