// What each entry may weigh in a page: bundled by esbuild, minified, brotli at its best, in bytes. What is
// loaded on use
// is weighed apart and doesn't count.

/**
 * @typedef {object} Budget
 * @property {string} name - as the table shows it
 * @property {string} source - the program that is bundled
 * @property {string} [from] - the folder whose dependencies it has; `tests` by default
 * @property {string[]} [external] - packages that are left out
 * @property {number} bytes - the most it shall weigh: the goal
 * @property {number} [limit] - where the goal is not reached yet: the most it may weigh until then
 */

/** @type {Budget[]} */
export const BUDGETS = [
  {
    name: 'hello world: a tab with RLPx over WebSocket',
    source: "import './tab.ts'",
    from: 'examples/hello',
    bytes: 20_000,
    limit: 36_300,
  },
  { name: '@peerwire/core, everything', source: "export * from '@peerwire/core'", bytes: 26_000, limit: 44_400 },
  { name: '@peerwire/core/rlpx', source: "export * from '@peerwire/core/rlpx'", bytes: 16_000, limit: 17_770 },
  {
    name: '@peerwire/core/inventory with kinds, on top of hello world',
    source: "import './tab.ts'\nexport { inventory, kind } from '@peerwire/core/inventory'",
    from: 'examples/hello',
    bytes: 24_000,
    limit: 41_200,
  },
  {
    name: '@peerwire/core/address-book, on top of hello world',
    source: "import './tab.ts'\nexport { addressBook } from '@peerwire/core/address-book'",
    from: 'examples/hello',
    bytes: 26_000,
    limit: 41_550,
  },
  {
    name: '@peerwire/transport-ws, without the core',
    source: "export * from '@peerwire/transport-ws'",
    external: ['@peerwire/core'],
    bytes: 2810,
  },
  {
    name: '@peerwire/eth, without the core',
    source: "export * from '@peerwire/eth'",
    external: ['@peerwire/core'],
    bytes: 12_250,
  },
  {
    name: '@peerwire/discovery, without the core',
    source: "export * from '@peerwire/discovery'",
    external: ['@peerwire/core'],
    bytes: 18_600,
  },
  {
    name: '@peerwire/core/accelerator, with the portable provider in it',
    source: "export * from '@peerwire/core/accelerator'",
    bytes: 36_600,
  },
]
