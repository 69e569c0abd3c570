// Who takes part. A new contestant is a program that answers requests (see `lib/serve.mjs`) and an entry here.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startContestant } from '../lib/contestant.mjs'

/**
 * @typedef {object} Contestant
 * @property {string} name - as the table shows it
 * @property {'tcp' | 'ws' | 'pubsub' | 'relay' | 'splice'} over - what its connections are made of; a case takes those
 *   it is about
 * @property {() => import('../lib/contestant.mjs').Running} start - it answers `{ unsupported }` to what it can't do
 * @property {() => import('../lib/contestant.mjs').Running} [leaves] - makes idle peers for it; where there is none, no
 *   memory is measured
 * @property {() => import('../lib/contestant.mjs').Running} [crowd] - makes peers that take what it sends to all
 * @property {() => import('../lib/contestant.mjs').Running} [askers] - makes peers that ask for what it announces
 * @property {() => import('../lib/contestant.mjs').Running} [chatter] - makes peers that send at a given rate
 * @property {() => import('../lib/contestant.mjs').Running} [ends] - makes both ends of links through it
 * @property {number} [most] - the most idle peers that it can be given in bearable time
 */

const here = (...path) => join(fileURLToPath(new URL('..', import.meta.url)), ...path)

/**
 * Those that this machine has.
 *
 * @param {{ gobench: string | undefined, alternatives: boolean, node: string }} found - `gobench` is go-ethereum's
 *   side, `alternatives` says whether they are installed, `node` is the Node that everything in JavaScript runs on
 * @returns {readonly Contestant[]}
 */
export function contestants({ gobench, alternatives, node }) {
  const inNode =
    (file, ...args) =>
    () =>
      startContestant(node, ['--expose-gc', here(file), ...args])
  const inGo = (layer) => () => startContestant(gobench, [layer], { env: { GOMAXPROCS: '1' } })
  const unpinned =
    (command, ...args) =>
    () =>
      startContestant(command, args, { pinned: false })
  const leaves = gobench ? unpinned(gobench, 'leaves') : unpinned(node, here('contestants/leaves.mjs'))
  const chatter = unpinned(node, here('contestants/leaves.mjs'))
  const spliceEnds = unpinned(node, here('contestants/splice-ends.mjs'))
  const go = [
    { name: 'geth rlpx', over: 'tcp', start: inGo('rlpx'), crowd: leaves },
    { name: 'geth server', over: 'tcp', start: inGo('server'), leaves, crowd: leaves },
  ]
  const ours = [
    { name: 'peerwire rlpx', over: 'tcp', start: inNode('contestants/peerwire-rlpx.mjs') },
    {
      name: 'peerwire node',
      over: 'tcp',
      start: inNode('contestants/peerwire-node.mjs'),
      leaves,
      crowd: leaves,
      chatter,
    },
    {
      name: 'peerwire relay',
      over: 'relay',
      start: inNode('contestants/relay.mjs'),
      askers: unpinned(node, here('contestants/relay-peers.mjs')),
    },
    {
      name: 'peerwire splice',
      over: 'splice',
      start: inNode('contestants/splice-relay.mjs', 'splice'),
      ends: spliceEnds,
    },
    { name: 'peerwire node ws', over: 'ws', start: inNode('contestants/peerwire-node.mjs', 'ws') },
  ]
  const others = [
    { name: 'ethereumjs', over: 'tcp', start: inNode('alternatives/ethereumjs.mjs'), leaves, most: 500 },
    {
      name: 'libp2p',
      over: 'tcp',
      start: inNode('alternatives/libp2p.mjs'),
      leaves: unpinned(node, here('alternatives/libp2p.mjs')),
      most: 500,
    },
    {
      name: 'gossipsub',
      over: 'pubsub',
      start: inNode('alternatives/gossipsub.mjs'),
      crowd: unpinned(node, here('alternatives/gossipsub.mjs')),
      most: 100,
    },
    { name: 'libp2p ws', over: 'ws', start: inNode('alternatives/libp2p.mjs', 'ws') },
  ]
  const ceilings = [
    { name: 'plain socket', over: 'tcp', start: inNode('contestants/socket.mjs'), leaves },
    { name: 'ws relay', over: 'splice', start: inNode('contestants/splice-relay.mjs', 'ws'), ends: spliceEnds },
    { name: 'plain ws', over: 'ws', start: inNode('contestants/plain-ws.mjs') },
    { name: 'limit', over: 'tcp', start: inNode('contestants/limit.mjs') },
  ]
  return [...(gobench ? go : []), ...ours, ...(alternatives ? others : []), ...ceilings]
}

/** Where the alternatives are installed. */
export const ALTERNATIVES = here('alternatives')

/** Whether everything of their manifest is there. */
export function hasAlternatives() {
  const { dependencies } = JSON.parse(readFileSync(join(ALTERNATIVES, 'package.json'), 'utf8'))
  return Object.keys(dependencies).every((name) => existsSync(join(ALTERNATIVES, 'node_modules', name)))
}
