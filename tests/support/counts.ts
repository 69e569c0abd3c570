// How much a test does: few rounds in `npm test`, many in `npm run test:long`; and the seed of its chance.

/** Whether this is `npm run test:long`. */
export const isLong: boolean = process.env['PEERWIRE_LONG'] === '1'

/** Rounds for a repeated or random test: `short` in `npm test`, `long` in `npm run test:long`. */
export function rounds(short: number, long: number): number {
  return isLong ? long : short
}

/** The seed of this run, 0 to 2^31 - 1; printed by the runner, repeated with `PEERWIRE_SEED=N`. */
export const seed: number = readSeed(process.env['PEERWIRE_SEED'])

function readSeed(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 0x8000_0000)
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value >= 0x8000_0000) {
    throw new RangeError(`PEERWIRE_SEED must be a whole number from 0 to 2147483647, not ${text}`)
  }
  return value
}
