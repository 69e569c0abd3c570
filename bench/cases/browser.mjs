// What a tab of Chromium reaches as a peer, what a person waits for, and what it costs to follow a network.
// What it takes (Vite, Chromium, the built packages) is loaded when one of the cases is measured.
import { ensurePage } from '../../scripts/lib/built.mjs'

const ROUND_TRIPS_MS = [0, 50]

/** @type {import('./index.mjs').Case} */
export const browser = {
  name: 'browser',
  title: 'A tab of Chromium and a peer in Node, over WebSocket',
  references: {},
  onRequest: true,
  measure: async ({ options }) => {
    const { measureBrowser } = await import('../lib/browser.mjs')
    return await measureBrowser({ rounds: options.quick ? 1 : Math.min(3, options.rounds) })
  },
}

/** @type {import('./index.mjs').Case} */
export const visit = {
  name: 'visit',
  title: 'From opening a page that nothing is known of to the first peer and the first item, visits as strangers',
  references: {},
  onRequest: true,
  measure: async ({ options }) => {
    const { visitPage } = await import('../lib/visit.mjs')
    const rows = []
    for (const roundTripMs of ROUND_TRIPS_MS) {
      const found = await visitPage({ roundTripMs, visits: options.quick ? 5 : 40 })
      const names = { loadedMs: 'page runs', peerMs: 'first peer', itemMs: 'first item' }
      for (const [key, name] of Object.entries(names)) {
        for (const [part, share] of [
          ['p50', 0.5],
          ['p95', 0.95],
        ]) {
          const payload = `${name}, round trip ${roundTripMs} ms, ${part}`
          rows.push({ case: 'visit', payload, contestant: 'tab', unit: 'ms', values: [quantile(found[key], share)] })
        }
      }
    }
    return rows
  },
}

/** @type {import('./index.mjs').Case} */
export const follow = {
  name: 'follow',
  title: 'A tab that follows 20 transactions a second from 3 relays',
  references: {},
  onRequest: true,
  measure: async ({ options }) => {
    await ensurePage()
    const { followTransactions } = await import('../lib/follow.mjs')
    const seconds = options.minutes * 60
    const { share, heapBefore, heapAfter, perSecond } = await followTransactions(seconds)
    const row = (payload, unit, value) => ({ case: 'follow', payload, contestant: 'tab', unit, values: [value] })
    return [
      row('share of one core', '%', share * 100),
      row('transactions that came', '/s', perSecond),
      row('heap at the start', 'KiB', heapBefore / 1024),
      row('heap at the end', 'KiB', heapAfter / 1024),
    ]
  },
}

function quantile(values, share) {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
