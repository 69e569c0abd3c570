// Who may import whom: the rooms of the core, and the packages. The lint rule reads these tables and nothing else.

/** Rooms of `packages/core/src`: `uses` may be imported, of `types` only types, `outside` are packages. */
export const rooms = {
  base: { outside: ['eventemitter3'] },
  errors: {},
  wire: { uses: ['base', 'errors'], outside: ['rlp'] },
  storage: { uses: ['base', 'crypto/private-key.ts'] },
  crypto: { uses: ['base'], outside: ['@noble/ciphers', '@noble/hashes', '@noble/secp256k1'] },
  rlpx: { uses: ['base', 'errors', 'wire', 'crypto'] },
  peers: { uses: ['base', 'errors', 'wire'] },
  dialing: { uses: ['base', 'errors'], types: ['wire', 'addresses'] },
  // The written form of an address lies in `wire`.
  addresses: { uses: ['base', 'errors', 'wire'], outside: ['@noble/hashes'] },
  // What plugins keep in a storage; loaded on use, it takes from the entry what is loaded already.
  keeping: { uses: ['base', 'index.ts'] },
  standing: { uses: ['base', 'errors', 'wire', 'addresses', 'keeping'], types: ['node'] },
  inventory: { uses: ['base'], types: ['wire'] },
  protocols: { uses: ['base', 'errors', 'wire', 'addresses', 'inventory'] },
  book: { uses: ['base', 'errors', 'wire', 'addresses', 'keeping', 'protocols'], types: ['node'] },
  node: {
    uses: [
      'base',
      'errors',
      'wire',
      'crypto',
      'rlpx',
      'peers',
      'dialing',
      // What is loaded on use takes from there what is loaded already.
      'index.ts',
      'keeping/keep.ts',
      'protocols/define-protocol.ts',
      'addresses/groups.ts',
      'addresses/public-endpoint.ts',
      'addresses/prefix.ts',
    ],
    types: ['addresses', 'inventory', 'keeping', 'protocols'],
  },
  // Entries of the package: they join what stands apart.
  testing: { uses: ['*'] },
  '.': { uses: ['*'] },
}

/** Packages by folder: `peerwire` are siblings, `outside` others' packages, `node` where `node:` modules may stand. */
export const packages = {
  core: { peerwire: [], outside: ['*'], node: 'node files' },
  'transport-tcp': { peerwire: ['@peerwire/core'], outside: [], node: 'everywhere' },
  'transport-ws': { peerwire: ['@peerwire/core'], outside: ['ws'], node: 'everywhere' },
  discovery: { peerwire: ['@peerwire/core'], outside: ['rlp'], node: 'node files' },
  eth: {
    peerwire: ['@peerwire/core'],
    outside: ['rlp', '@noble/hashes', '@noble/secp256k1'],
    node: 'node files',
  },
  'fleet-nats': { peerwire: ['@peerwire/core'], outside: ['*'], node: 'everywhere' },
  relay: { peerwire: ['*'], outside: ['*'], node: 'everywhere' },
}

/** Packages whose sources run in every platform: there the rule against platform words holds. */
export const portablePackages = ['core', 'discovery', 'eth']

/** Entries for browsers: nothing they reach by relative imports may import `ws` or a `node:` module. */
export const browserEntries = ['packages/transport-ws/src/browser.ts']
