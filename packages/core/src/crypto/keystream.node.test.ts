// How often a cipher of Node's is made anew; that the bytes are right is tested with the provider.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NodeKeystream } from './keystream.node.ts'

const made = { ciphers: 0 }
const { createCipheriv } = crypto

beforeAll(() => {
  replace(
    new Proxy(createCipheriv, {
      apply: (create, self, given): unknown => {
        made.ciphers++
        return Reflect.apply(create, self, given) as unknown
      },
    }),
  )
})

afterAll(() => replace(createCipheriv))

function replace(create: typeof createCipheriv): void {
  crypto.createCipheriv = create
  syncBuiltinESMExports()
}

/** Of 1,000 sessions, and fewer than ciphers are kept. */
const STREAMS = 2000

it('makes a cipher once for each of 2,000 streams that take turns, also when all have rested before', () => {
  const bytes = new Uint8Array(600)
  const streams = Array.from({ length: STREAMS }, (_, i) => new NodeKeystream(new Uint8Array(32).fill(i)))
  for (const stream of streams) {
    stream.apply(bytes)
    stream.rest()
  }
  made.ciphers = 0
  for (let round = 0; round < 4; round++) for (const stream of streams) stream.apply(bytes)
  expect(made.ciphers).toBe(STREAMS)
})

it('keeps no more ciphers than 2,048, whose streams took one last', () => {
  const bytes = new Uint8Array(600)
  const streams = Array.from({ length: 2049 }, (_, i) => new NodeKeystream(new Uint8Array(32).fill(i)))
  for (const stream of streams) stream.apply(bytes)
  made.ciphers = 0
  for (const stream of streams.slice(1)) stream.apply(bytes)
  expect(made.ciphers).toBe(0)
  streams[0]!.apply(bytes)
  expect(made.ciphers).toBe(1)
})

it('makes one cipher for the first bytes of both streams of a session, and others after a rest', () => {
  const key = new Uint8Array(32).fill(9)
  const streams = [new NodeKeystream(key), new NodeKeystream(key)]
  const bytes = streams.map(() => new Uint8Array(160))
  made.ciphers = 0
  streams.forEach((stream, i) => stream.apply(bytes[i]!))
  expect(made.ciphers).toBe(1)
  expect(bytes[0]).toEqual(bytes[1])
  for (const stream of streams) stream.rest()
  for (const stream of streams) stream.apply(new Uint8Array(160))
  expect(made.ciphers).toBe(3)
})
