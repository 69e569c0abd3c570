// What a refusal for having nothing to talk about says, whatever the remote offers.
import { describe, expect, it } from 'vitest'
import { uselessRefusalOf } from './peer-set.ts'

describe('having no protocol in common', () => {
  const chat = [{ name: 'chat', version: 1 }]
  const many = (count: number) => Array.from({ length: count }, (_, version) => ({ name: 'eth', version }))

  it.each([
    ['lists both sides', many(2), 'no protocol is shared: chat/1 here, eth/0, eth/1 there'],
    ['says that nothing is offered', [], 'no protocol is shared: chat/1 here, nothing there'],
    ['lists eight', many(8), `eth/0, eth/1, eth/2, eth/3, eth/4, eth/5, eth/6, eth/7 there`],
    ['counts the ninth', many(9), 'eth/7 and 1 more there'],
    ['is one line', [{ name: 'a\nb', version: 1 }], 'no protocol is shared: chat/1 here, a b/1 there'],
    ['stays short', [{ name: 'x'.repeat(10_000), version: 1 }], `${'x'.repeat(512)}… there`],
  ])('%s', (_, theirs, text) => {
    expect(uselessRefusalOf(false, chat, theirs)?.message).toContain(text)
  })

  it('is no refusal where something is shared, or where we offer nothing', () => {
    expect(uselessRefusalOf(true, chat, chat)).toBeUndefined()
    expect(uselessRefusalOf(false, [], chat)).toBeUndefined()
  })
})
