// Places by network: half of them for one, the oldest gives way, and everything is given back.
import { describe, expect, it } from 'vitest'
import { type Place, WaitingRoom } from './waiting-room.ts'

function createRoom(size: number) {
  const room = new WaitingRoom(size)
  const given: string[] = []
  const enter = (key: string, name = key): Place => room.enter(key, () => given.push(name))
  return { room, given, enter }
}

describe('a waiting room', () => {
  it('gives half of its places to one network, whose oldest gives way to its newest', () => {
    const { room, given, enter } = createRoom(6)
    for (const name of ['a1', 'a2', 'a3']) enter('a', name)
    expect([room.count, given]).toEqual([3, []])
    enter('a', 'a4')
    enter('a', 'a5')
    expect([room.count, given]).toEqual([3, ['a1', 'a2']])
    expect(room.hasRoom('a')).toBe(true)
  })

  it('that is full takes from whoever has most, and from the oldest of all where nobody has more', () => {
    const { room, given, enter } = createRoom(4)
    for (const name of ['a1', 'a2']) enter('a', name)
    enter('b')
    enter('c')
    expect([room.hasRoom('d'), room.hasRoom('b')]).toEqual([true, false])
    enter('d')
    expect(given).toEqual(['a1'])
    expect(room.hasRoom('e')).toBe(false)
    enter('e')
    expect([given, room.count]).toEqual([['a1', 'a2'], 4])
  })

  it('counts a place where it is moved, and half holds there, too', () => {
    const { room, given, enter } = createRoom(4)
    const [first, second] = [enter('proxy', '1'), enter('proxy', '2')]
    room.move(first, 'a')
    room.move(second, 'a')
    room.move(second, 'a')
    const third = enter('proxy', '3')
    room.move(third, 'a')
    expect([given, room.countOf('a'), room.countOf('proxy'), room.count]).toEqual([['1'], 2, 0, 2])
    room.move(first, 'b')
    expect(room.countOf('b')).toBe(0)
  })

  it('gets each place back once', () => {
    const { room, enter } = createRoom(4)
    const place = enter('a')
    for (const _ of 'twice') room.leave(place)
    expect([room.count, room.countOf('a')]).toEqual([0, 0])
  })

  it.each([1, 2, 3])('of %i has a place for everybody who comes alone', (size) => {
    const { room, given, enter } = createRoom(size)
    enter('a', 'a1')
    enter('a', 'a2')
    expect([room.count, given.length <= 1]).toEqual([Math.min(size === 3 ? 2 : 1, 2), true])
  })
})
