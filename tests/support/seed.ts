// Gives every property test the seed of the run, so that a failure can be repeated with `PEERWIRE_SEED`.
import { configureGlobal } from 'fast-check'
import { rounds, seed } from './counts.ts'

configureGlobal({ seed, numRuns: rounds(40, 2000) })
