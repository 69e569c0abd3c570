// Ends with whoever started it, where that is a package manager: those pass a signal on to their shell alone.
import type { Clock, Timer } from '@peerwire/core'

/** Milliseconds between two looks. */
const LOOK_MS = 500

export interface OwnProcess {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the parent, as it is now: another one once that has ended. */
  readonly ppid: number
}

/**
 * Calls `ended` when the parent has gone, under `npx`, `npm run` and the like, which leave orphans when killed.
 * Under a shell, `nohup` or a service manager a parent may go at any time, and means nothing by it. The answer ends
 * the watch.
 */
export function endsWithParent(own: OwnProcess, clock: Pick<Clock, 'setTimer'>, ended: () => void): () => void {
  const parent = own.ppid
  if (own.env['npm_lifecycle_event'] === undefined || parent <= 1) return () => undefined
  let timer: Timer
  const wait = (): void => {
    timer = clock.setTimer(LOOK_MS, look)
  }
  const look = (): void => {
    if (own.ppid === parent) wait()
    else ended()
  }
  wait()
  return () => timer.cancel()
}
