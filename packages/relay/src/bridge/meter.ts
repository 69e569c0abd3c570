// How fast a ticket's link may carry, and how much all of them together.
import type { Clock } from '@peerwire/core'
import type { Meter } from '../splice/splice.ts'
import { full } from './close-codes.ts'
import type { TicketUse } from './ticket-desk.ts'

export interface MeterOptions {
  readonly clock: Clock
  /** Bytes a second. */
  readonly rate: number
  /** Bytes at once after a quiet time. */
  readonly burst: number
  /** Shared by all links of a ticket. */
  readonly use: TicketUse
  /** Bytes of all these links. */
  readonly most: number
}

export function createMeter({ clock, rate, burst, use, most }: MeterOptions): Meter {
  let room = burst
  let atMs = clock.now()
  return {
    take: (bytes) => {
      if (use.bytes + bytes > most) {
        use.bytes = most
        return full(`the ticket's ${most} bytes are used up`)
      }
      use.bytes += bytes
      const nowMs = clock.now()
      room = Math.min(burst, room + ((nowMs - atMs) * rate) / 1000) - bytes
      atMs = nowMs
      return room < 0 ? (-room * 1000) / rate : 0
    },
  }
}
