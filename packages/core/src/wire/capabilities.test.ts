// Which protocols are shared, and where their codes begin: the behaviours that go-ethereum's TestMatchProtocols lists.
import { describe, expect, it } from 'vitest'
import { isCapabilityName, matchCapabilities } from './capabilities.ts'

/** `name/version:length` as a capability. */
function capability(text: string): { name: string; version: number; length: number } {
  const [, name, version, length] = /^(.+)\/(\d+)(?::(\d+))?$/.exec(text)!
  return { name: name!, version: Number(version), length: Number(length ?? 0) }
}

describe('matching', () => {
  it.each<[string, string[], string[], string[]]>([
    ['nothing when the remote offers nothing', ['a/1:1'], [], []],
    ['nothing when we offer nothing', [], ['a/1'], []],
    ['nothing when no name is shared', ['a/1:1'], ['b/1'], []],
    [
      'what both have',
      ['match1/1:1', 'match2/1:1', 'local/1:1'],
      ['remote/1', 'match1/1', 'match2/1'],
      ['match1/1@16', 'match2/1@17'],
    ],
    [
      'in order of the names, however they were given',
      ['bb/1:1', 'ab/1:2', 'ba/1:3', 'aa/1:4'],
      ['ab/1', 'aa/1', 'ba/1', 'bb/1'],
      ['aa/1@16', 'ab/1@20', 'ba/1@22', 'bb/1@25'],
    ],
    ['nothing when only the name is shared', ['a/2:1'], ['a/1'], []],
    ['the version that is shared, though each has a higher one', ['a/1:5', 'a/3:1'], ['a/1', 'a/2'], ['a/1@16']],
    ['the highest of the shared versions', ['a/1:5', 'a/2:3', 'a/3:1'], ['a/3', 'a/1', 'a/2'], ['a/3@16']],
    ['the highest, given in falling order', ['a/3:1', 'a/2:3', 'a/1:5'], ['a/1', 'a/2', 'a/3'], ['a/3@16']],
    [
      'the higher version frees the room of the lower',
      ['a/1:5', 'a/2:3', 'b/1:1'],
      ['a/1', 'a/2', 'b/1'],
      ['a/2@16', 'b/1@19'],
    ],
    ['a protocol without codes takes no room', ['a/1:0', 'b/1:1'], ['a/1', 'b/1'], ['a/1@16', 'b/1@16']],
    ['what the remote offers twice, once', ['a/1:2', 'b/1:1'], ['a/1', 'a/1', 'b/1'], ['a/1@16', 'b/1@18']],
    [
      'capital letters come first, as bytes do',
      ['b/1:1', 'B/1:1', 'a/1:1'],
      ['a/1', 'b/1', 'B/1'],
      ['B/1@16', 'a/1@17', 'b/1@18'],
    ],
    [
      'a shorter name comes before its longer one',
      ['eth2/1:1', 'eth/69:18'],
      ['eth/69', 'eth2/1'],
      ['eth/69@16', 'eth2/1@34'],
    ],
    [
      'eth/69 and snap/1 lie at 0x10 and 0x22',
      ['snap/1:8', 'eth/68:17', 'eth/69:18'],
      ['eth/68', 'eth/69', 'snap/1'],
      ['eth/69@16', 'snap/1@34'],
    ],
    ['codes go on past 0x7f', ['a/1:200', 'b/1:1'], ['a/1', 'b/1'], ['a/1@16', 'b/1@216']],
  ])('gives %s', (_, ours, theirs, expected) => {
    const shared = matchCapabilities(ours.map(capability), theirs.map(capability))
    expect(shared.map(({ capability: { name, version }, offset }) => `${name}/${version}@${offset}`)).toEqual(expected)
  })

  it('gives back the very objects that were offered', () => {
    const own = capability('chat/1:1')
    expect(matchCapabilities([own], [{ name: 'chat', version: 1 }])[0]!.capability).toBe(own)
  })
})

describe('names', () => {
  it.each([
    ['eth', true],
    ['12345678', true],
    ['123456789', false],
    ['', false],
    ['a b', false],
    ['é', false],
    ['a\n', false],
  ])('%j', (name, expected) => {
    expect(isCapabilityName(name)).toBe(expected)
  })
})
