// Types from a protocol's definition to its last use: `npm run check` fails where a marked line does compile.
import {
  bytes,
  createNode,
  defineProtocol,
  generatePrivateKey,
  json,
  later,
  list,
  message,
  type Peer,
  request,
  type StandardSchema,
  struct,
  text,
  uint,
} from '@peerwire/core'

declare const peer: Peer
declare const schema: StandardSchema<{ readonly mood: 'good' | 'bad' }>

const game = defineProtocol({
  name: 'game',
  version: 1,
  messages: {
    move: message(0, struct({ x: uint, y: uint, tags: list(text) })),
    feel: message(1, json(schema)),
    score: request(2, text, 3, uint),
  },
})
const other = defineProtocol({ name: 'other', version: 1, messages: { blob: message(0, bytes) } })

// What fits compiles.
void peer.send(game, 'move', { x: 1, y: 2, tags: ['a'] })
void peer.send(game, 'feel', { mood: 'good' })
export const answer: Promise<number> = peer.request(game, 'score', 'me')
export const offer = game.with({
  move: (from, { x, tags }) => console.log(from.id, x + 1, tags.join()),
  feel: later,
  score: async (_, name) => name.length,
})

// What doesn't fit fails.
// @ts-expect-error a private key is required
createNode({ transports: [] })
// @ts-expect-error a field of the wrong type
void peer.send(game, 'move', { x: '1', y: 2, tags: [] })
// @ts-expect-error a field is missing
void peer.send(game, 'move', { x: 1, tags: [] })
// @ts-expect-error the schema has no such value
void peer.send(game, 'feel', { mood: 'odd' })
// @ts-expect-error a message of another protocol
void peer.send(other, 'move', { x: 1, y: 2, tags: [] })
// @ts-expect-error a request is asked, not sent
void peer.send(game, 'score', 'me')
// @ts-expect-error a message is sent, not asked
void peer.request(game, 'move', { x: 1, y: 2, tags: [] })
// @ts-expect-error the answer is a number
export const wrongAnswer: Promise<string> = peer.request(game, 'score', 'me')
// @ts-expect-error no such message to handle
game.with({ jump: () => undefined })
// @ts-expect-error an answer of the wrong type
game.with({ score: () => 'many' })
// @ts-expect-error a handler that wants another value
game.with({ move: (_: Peer, value: string) => console.log(value) })
// @ts-expect-error no key of this kind
createNode({ privateKey: 'secret', transports: [] })
createNode({ privateKey: generatePrivateKey(), transports: [], protocols: [offer] })
