// Long work cut into slices, so that nothing else waits for it.
import { createDeferred } from './abort.ts'
import type { Clock } from './clock.ts'

/** Milliseconds until the turn is given up; the step that is being done ends first, and a frame of a page has 16. */
const SLICE_MS = 5

/** Does all the work of a generator, whose steps take a few milliseconds each; others have their turn in between. */
export async function runInSlices<T>(clock: Clock, work: Generator<unknown, T, void>): Promise<T> {
  let sinceMs = clock.now()
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    if (clock.now() - sinceMs < SLICE_MS) continue
    const turn = createDeferred<void>()
    clock.setTimer(0, () => turn.resolve())
    await turn.promise
    sinceMs = clock.now()
  }
}
