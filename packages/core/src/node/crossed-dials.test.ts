// Two nodes that dial each other, where the other one keeps whichever link it is greeted on first, as go-ethereum does:
// a node that greets two at once may lose both.
import { describe, expect, it } from 'vitest'
import { World } from '../../test/strangers.ts'
import type { Keys, Stranger } from '../../test/strangers.ts'
import { toHex } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { BaseCode } from '../wire/base-messages.ts'

/** Our dial has been greeted when theirs, which both ends should keep, comes in. */
async function crossed() {
  const world = await new World().start({})
  const { stranger: ours } = await world.outbound(lowerThan(world))
  const theirs = await world.inbound(ours.keys)
  return { world, ours, theirs }
}

function lowerThan(world: World): Keys {
  const keys = world.newKeys()
  return toHex(keys.publicKey) < toHex(world.own.publicKey) ? keys : lowerThan(world)
}

const isGreeted = ({ heard }: Stranger): boolean => heard.includes(BaseCode.hello)

describe('two dials that cross', () => {
  it('are never greeted at once, and end with the one that was greeted', async () => {
    const { world, ours, theirs } = await crossed()
    expect([ours, theirs].map(isGreeted)).toEqual([true, false])
    theirs.greet()
    await world.pass()
    expect([world.node.peers.length, theirs.told]).toEqual([0, undefined])
    ours.greet()
    await world.pass()
    expect(world.node.peers.map(({ direction }) => direction)).toEqual(['outbound'])
    expect([isGreeted(theirs), theirs.told]).toEqual([false, DiscReason.alreadyConnected])
    await world.close()
  })

  it('go on at once when the first one has gone', async () => {
    const { world, ours, theirs } = await crossed()
    theirs.greet()
    ours.hangUp()
    await world.pass()
    expect(isGreeted(theirs)).toBe(true)
    expect(world.node.peers.map(({ direction }) => direction)).toEqual(['inbound'])
    await world.close()
  })

  it('wait for a second when the first one says nothing, whatever else comes and goes meanwhile', async () => {
    const { world, ours, theirs } = await crossed()
    theirs.greet()
    for (let times = 0; times < 9; times++) {
      const other = await world.inbound(ours.keys)
      await world.pass(100)
      other.hangUp()
      expect(isGreeted(theirs)).toBe(false)
    }
    await world.pass(101)
    expect(isGreeted(theirs)).toBe(true)
    expect(world.node.peers.map(({ direction }) => direction)).toEqual(['inbound'])
    await world.close()
  })
})
