// The table of transactions: newest first, bounded, and still when it is paused.
import type { Arrival, Transaction } from '@peerwire/eth'
import { durationWords, hexOf, shortHex, timeWords, typeWords } from '../words.ts'
import { bodyOf, byId, cell, row, setText } from './dom.ts'

/** Rows of the table. */
export const MAX_ROWS = 200
/**
 * Shortest time from one look at the list to the next: each costs a repaint, and nobody reads faster. What comes after
 * a rest is shown at once.
 */
const GATHER_MS = 1000

export interface TransactionList {
  arrived(arrival: Arrival): void
  /** One that was signed in this tab. */
  sentByUs(transaction: Transaction): void
}

interface Entry {
  readonly transaction: Transaction
  readonly from: string
  readonly fromId: string | undefined
  readonly late: string
  readonly lateTitle: string
  readonly wallMs: number
}

export function showTransactions(): TransactionList {
  const body = bodyOf('transactions')
  const button = byId('pause')
  let waiting: Entry[] = []
  let total = 0
  let isPaused = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let shownAtMs = -Infinity
  const flush = (): void => {
    timer = undefined
    shownAtMs = performance.now()
    setText(byId('transactions-count'), String(total))
    byId('transactions-empty').hidden = total > 0
    byId('transactions').hidden = total === 0
    if (isPaused) return
    body.prepend(...waiting.map(entryRow).toReversed())
    waiting = []
    while (body.rows.length > MAX_ROWS) body.rows[MAX_ROWS]!.remove()
  }
  const add = (entry: Entry): void => {
    total++
    waiting.push(entry)
    if (waiting.length > MAX_ROWS) waiting.shift()
    timer ??= setTimeout(flush, Math.max(0, shownAtMs + GATHER_MS - performance.now()))
  }
  button.addEventListener('click', () => {
    isPaused = !isPaused
    button.setAttribute('aria-pressed', String(isPaused))
    setText(button, isPaused ? 'Go on' : 'Pause the list')
    flush()
  })
  flush()
  return { arrived: (arrival) => add(arrivalEntry(arrival)), sentByUs: (transaction) => add(ownEntry(transaction)) }
}

function arrivalEntry({ transaction, peer, how, tookMs }: Arrival): Entry {
  return {
    transaction,
    from: peer.name === '' ? shortHex(peer.id) : peer.name,
    fromId: peer.id,
    late: durationWords(tookMs),
    lateTitle:
      how === 'asked' ? 'from asking to having it, checked' : 'sent to us unasked; the time that its check took',
    wallMs: Date.now(),
  }
}

function ownEntry(transaction: Transaction): Entry {
  const late = { late: '–', lateTitle: 'signed here' }
  return { transaction, from: 'this tab', fromId: undefined, ...late, wallMs: Date.now() }
}

function entryRow({ transaction, from, fromId, late, lateTitle, wallMs }: Entry): HTMLTableRowElement {
  const hash = hexOf(transaction.hash)
  const made = row(
    cell(shortHex(hash), { className: 'mono', title: hash }),
    cell(typeWords(transaction.type)),
    cell(from, { className: 'name', ...(fromId === undefined ? {} : { title: fromId }) }),
    cell(late, { className: 'number', title: lateTitle }),
    cell(timeWords(wallMs), { className: 'number' }),
  )
  made.dataset['hash'] = hash
  return made
}
