// Everything that `npm run bench` measures, in the table's order. A new case is a file beside this one and a line here.
import { browser, follow, visit } from './browser.mjs'
import { addresses } from './addresses.mjs'
import { eventLoop } from './event-loop.mjs'
import { fanOut } from './fan-out.mjs'
import { handshakes } from './handshakes.mjs'
import { memory } from './memory.mjs'
import { messages, messagesOverWebSocket } from './messages.mjs'
import { relay } from './relay.mjs'
import { size } from './size.mjs'
import { splice } from './splice.mjs'

/**
 * @typedef {object} Case
 * @property {string} name - what `--only` takes
 * @property {string} title - one line about it, above its rows
 * @property {Record<string, string>} references - contestants that ratios are taken to, by the name of the column
 * @property {boolean} [long] - not part of a quick run
 * @property {boolean} [onRequest] - measured only when `--only` names it
 * @property {(bench: Bench) => Promise<import('../lib/measure.mjs').Row[]>} measure
 */

/**
 * @typedef {object} Bench
 * @property {readonly import('../contestants/index.mjs').Contestant[]} contestants
 * @property {{ rounds: number, roundMs: number, peers: number[], quick: boolean, minutes: number, node: string }}
 *   options
 */

/** @type {readonly Case[]} */
export const CASES = [
  messages,
  messagesOverWebSocket,
  fanOut,
  eventLoop,
  handshakes,
  relay,
  splice,
  memory,
  addresses,
  size,
  browser,
  visit,
  follow,
]
