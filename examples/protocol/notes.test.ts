import { text } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { testNetwork } from '@peerwire/core/testing'
import { expect, test } from 'vitest'
import { notes } from './notes.ts'

test('a note reaches a node that its author is not connected with', async () => {
  const items = [0, 1, 2].map(() => inventory({ kinds: [notes] }))
  const world = await testNetwork(3, [], { options: (index) => ({ plugins: [items[index]!] }) })
  for (const to of [1, 2]) await world.connect(to - 1, to)
  const heard = new Promise((resolve) => items[2]!.follow(notes, ({ value }) => resolve(value)))
  items[0]!.publish(notes, text.encode('hello'))
  expect(await world.until(heard)).toBe('hello')
  await world.close()
})
