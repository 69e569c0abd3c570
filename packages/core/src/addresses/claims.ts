// Claims of one address: who is said to be there. They stand side by side until dialing decides between them.
import type { BookEntry } from './book-entry.ts'
import { ageOf, BELIEVED_S, hasFailed, isBad } from './book-entry.ts'
import type { TableState } from './table-state.ts'

/** Most claims of one address: as many groups of sources may contradict each other before one has to go. */
export const MAX_CLAIMS = 8

/** The claim of a chain that names this key. */
export function claimIn(head: BookEntry | undefined, keyText: string): BookEntry | undefined {
  let claim = head
  while (claim && claim.keyText !== keyText) claim = claim.next
  return claim
}

/** All claims of an address, as a list of their own: they may be taken out one by one. */
export function claimsOf(head: BookEntry | undefined): BookEntry[] {
  const claims: BookEntry[] = []
  for (let claim = head; claim; claim = claim.next) claims.push(claim)
  return claims
}

/** Puts a claim behind those of its address; whether it is the first. */
export function linkClaim(state: TableState, entry: BookEntry): boolean {
  const head = state.entries.get(entry.key)
  if (!head) {
    state.entries.set(entry.key, entry)
    return true
  }
  let last = head
  while (last.next) last = last.next
  last.next = entry
  noteContest(state, head)
  return false
}

/** Takes a claim out of those of its address; whether it was the last one. */
export function unlinkClaim(state: TableState, entry: BookEntry): boolean {
  const head = state.entries.get(entry.key)!
  if (head === entry) {
    if (entry.next) state.entries.set(entry.key, entry.next)
    else state.entries.delete(entry.key)
  } else {
    let before = head
    while (before.next !== entry) before = before.next!
    before.next = entry.next
  }
  entry.next = undefined
  const left = state.entries.get(entry.key)
  if (left) noteContest(state, left)
  else state.contested.delete(entry.key)
  return left === undefined
}

/** Keeps in mind which addresses have several claims. */
function noteContest(state: TableState, head: BookEntry): void {
  if (head.next) state.contested.add(head.key)
  else state.contested.delete(head.key)
}

/**
 * The claim that a handshake has shown lately, there or with its own host that told of it, if no dial has failed since:
 * hearsay doesn't contradict it.
 */
export function shownClaim(head: BookEntry | undefined, now: number): BookEntry | undefined {
  for (let claim = head; claim; claim = claim.next) {
    if (claim.fails > 0) continue
    if (claim.lastSuccess > 0 && ageOf(claim.lastSuccess, now) < BELIEVED_S) return claim
    if (isOwnWord(claim, now)) return claim
  }
  return undefined
}

/** Whether its own host has said so lately. */
export function isOwnWord({ ownWordAt }: BookEntry, now: number): boolean {
  return ownWordAt > 0 && ageOf(ownWordAt, now) < BELIEVED_S
}

/** What doesn't stand against a host's own word: all other claims of it that no handshake has shown. */
export function hearsayBeside(head: BookEntry, entry?: BookEntry): BookEntry[] {
  return claimsOf(head).filter((claim) => claim !== entry && claim.lastSuccess === 0)
}

/** What a newcomer to the address replaces: the claims that have failed, and where there are too many the weakest. */
export function outdoneBy({ absence }: TableState, head: BookEntry, now: number): BookEntry[] {
  const claims = claimsOf(head)
  const gone = claims.filter((claim) => (claim.isTried ? hasFailed(claim, now) : isBad(claim, now, absence)))
  if (claims.length - gone.length < MAX_CLAIMS) return gone
  let weakest: BookEntry | undefined
  for (const claim of claims) if (!claim.isTried && (!weakest || isWeaker(claim, weakest))) weakest = claim
  return weakest ? [...gone, weakest] : gone
}

/**
 * The claim that is believed: whom a handshake has shown, else whom the fewest dials and the most sources speak for.
 */
export function bestClaim(head: BookEntry): BookEntry {
  let best = head
  for (let claim = head.next; claim; claim = claim.next) if (isWeaker(best, claim)) best = claim
  return best
}

function isWeaker(left: BookEntry, right: BookEntry): boolean {
  if (left.isTried !== right.isTried) return right.isTried
  if (left.fails !== right.fails) return left.fails > right.fails
  if (left.lastSuccess !== right.lastSuccess) return left.lastSuccess < right.lastSuccess
  const [fewer, more] = [bitsOf(left.voices), bitsOf(right.voices)]
  return fewer === more ? left.references < right.references : fewer < more
}

function bitsOf(word: number): number {
  let count = 0
  for (let left = word; left !== 0; left &= left - 1) count++
  return count
}
