// Which known word is proposed for a mistyped one.
import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const WORDS = ['listen', 'connect', 'max-peers', 'json', 'log-level']

describe('nearest', () => {
  it.each([
    ['lsten', 'listen'],
    ['conect', 'connect'],
    ['maxpeers', 'max-peers'],
    ['log', 'log-level'],
    ['jsn', 'json'],
    ['elephant', undefined],
    ['', undefined],
  ])('proposes for %j: %j', (typed, word) => {
    expect(nearest(typed, WORDS)).toBe(word)
  })
})
