// What each entry may weigh in a page: bundled by esbuild, minified, brotli at its best, in bytes.

/**
 * @typedef {object} Budget
 * @property {string} name - as the table shows it
 * @property {string} source - the program that is bundled, resolved from `tests/`
 * @property {string[]} [external] - packages that are left out
 * @property {number} bytes - the most it may weigh
 */

/** @type {Budget[]} */
export const BUDGETS = [
  {
    name: 'hello world: a tab with RLPx over WebSocket',
    source: "export * from './packaging/hello/tab.ts'",
    bytes: 20_000,
  },
  { name: '@peerwire/core, everything', source: "export * from '@peerwire/core'", bytes: 24_000 },
  { name: '@peerwire/core/rlpx', source: "export * from '@peerwire/core/rlpx'", bytes: 16_000 },
  {
    name: '@peerwire/transport-ws, without the core',
    source: "export * from '@peerwire/transport-ws'",
    external: ['@peerwire/core'],
    bytes: 1600,
  },
]
