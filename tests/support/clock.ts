// Lets the manual clocks of all tests go on by a microsecond at each reading, as a platform's does.
import { tickManualClocks } from '../../packages/core/src/testing/manual-clock.ts'

/** A power of two, so that sums stay exact. */
const TICK_MS = 2 ** -10

if (process.env['PEERWIRE_CLOCK'] !== 'still') tickManualClocks(TICK_MS)
