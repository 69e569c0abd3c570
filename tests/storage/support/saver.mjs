// A program that fills an address book and saves it again and again, until it is killed.
// Arguments: the folder, and how many addresses it shall hold at least. Says before each save how many it holds.
import { createNode, generatePrivateKey, systemClock } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'

const [folder, least] = process.argv.slice(2)
/** Saves wait for a minute, less the moment in which they are put off. */
const LONG_MS = 50_000

const book = addressBook({ feelers: false })
const node = createNode({
  privateKey: generatePrivateKey(),
  // Nobody is dialed.
  transports: [{ name: 'none', canDial: () => false, dial: () => Promise.reject(new Error('no network')) }],
  plugins: [book],
  storage: openStorage(folder),
  // What waits a minute is done at once.
  clock: { ...systemClock, setTimer: (ms, fn) => systemClock.setTimer(ms >= LONG_MS ? 0 : ms, fn) },
})
await node.start()

let number = book.inspect().addresses.total
function addOne() {
  number++
  const key = number.toString(16).padStart(128, '1')
  const [a, b] = [(number * 7919) % 100, (number * 104_729) % 250]
  book.add(`enode://${key}@${20 + a}.${b}.${(number >> 8) & 255}.${number & 255}:30303`)
}

while (book.inspect().addresses.total < Number(least)) addOne()
for (;;) {
  const { saves } = book.inspect().file
  const { total } = book.inspect().addresses
  while (book.inspect().addresses.total < total + 10) addOne()
  console.log(JSON.stringify({ event: 'saving', total: book.inspect().addresses.total }))
  while (book.inspect().file.saves === saves) await new Promise((resolve) => setTimeout(resolve, 1))
}
