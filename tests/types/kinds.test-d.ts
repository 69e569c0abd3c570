// Types from a kind's definition to its last use: `npm run check` fails where a marked line does compile.
import { text } from '@peerwire/core'
import { inventory, kind, type Kind } from '@peerwire/core/inventory'

const base = { name: 'note', number: 16, maxBytes: 100, id: (bytes: Uint8Array) => bytes }

const plain = kind({ ...base, check: (bytes) => (bytes.length > 1 ? 'accept' : 'invalid') })
const words = kind({
  ...base,
  read: (bytes) => text.decode(bytes),
  check: (value, { parent }) => (value.length > (parent?.length ?? 0) ? 'accept' : 'ignore'),
})

// What fits compiles.
export const kinds: readonly [Kind, Kind<string>] = [plain, words]
const items = inventory({ kinds: [plain, words] })
items.follow(plain, ({ value }) => console.log(value.byteLength))
items.follow(words, ({ value, kind: { name } }) => console.log(value.toUpperCase(), name))
items.publish(words, text.encode('hello'))

// What doesn't, doesn't.
// @ts-expect-error a verdict is one of three words
kind({ ...base, check: () => 'maybe' })
// @ts-expect-error the check gets what `read` gives
kind({ ...base, read: (bytes: Uint8Array) => bytes.length, check: (value: string) => (value ? 'accept' : 'ignore') })
// @ts-expect-error words are text
items.follow(words, ({ value }) => console.log(value.byteLength))
// @ts-expect-error an item is published as bytes
items.publish(words, 'hello')
// @ts-expect-error a kind needs a number
kind({ name: 'note', maxBytes: 100, id: (bytes: Uint8Array) => bytes })
