// The table of what ended: peers that were removed and dials that gave none, with code, reason and message.
import type { Node, PeerError } from '@peerwire/core'
import { reasonWords, routeWords, timeWords } from '../words.ts'
import { bodyOf, byId, cell, row, setText } from './dom.ts'

/** Rows of the table. */
const MAX_ROWS = 50

interface Ended {
  readonly who: string
  readonly id: string
  readonly error: PeerError
  readonly remoteRequested: boolean
}

/** Shows what ends from now on; the same failure of the same dial again and again is one row with a number. */
export function showEnded(node: Node): void {
  const body = bodyOf('ended')
  let total = 0
  let last: { readonly key: string; readonly times: number } | undefined
  const add = (ended: Ended): void => {
    const { id, error } = ended
    const key = JSON.stringify([id, error.code, String(error.reason), error.message.replace(/\d+/g, '')])
    const times = last?.key === key ? last.times + 1 : 1
    last = { key, times }
    total++
    if (times > 1) body.rows[0]?.remove()
    body.prepend(endedRow(ended, times))
    if (body.rows.length > MAX_ROWS) body.rows[MAX_ROWS]!.remove()
    count()
  }
  const count = (): void => {
    setText(byId('ended-count'), String(total))
    byId('ended-empty').hidden = total > 0
    byId('ended').hidden = total === 0
  }
  node.on('peer:removed', ({ peer, error, remoteRequested }) => {
    add({ who: peer.name === '' ? routeWords(peer) : peer.name, id: peer.id, error, remoteRequested })
  })
  node.on('dial:failed', ({ address, error }) => {
    const who = routeWords({ endpoint: address.endpoint, remoteAddress: '' })
    add({ who: `dial of ${who}`, id: who, error, remoteRequested: error.code === 'remote disconnect reason' })
  })
  count()
}

function endedRow({ who, id, error, remoteRequested }: Ended, times: number): HTMLTableRowElement {
  const { code, reason, message } = error
  return row(
    cell(times > 1 ? `${who} (${times} times)` : who, { className: 'name', title: id }),
    cell(code),
    cell(`${reasonWords(reason)}${remoteRequested ? ', said by the peer' : ''}`),
    cell(message, { className: 'message' }),
    cell(timeWords(Date.now()), { className: 'number' }),
  )
}
