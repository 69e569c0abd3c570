// What a transport has to bring so that the acceptance cases can run over it.
import type { Clock } from '../../base/clock.ts'
import type { Endpoint } from '../../wire/address.ts'
import type { Transport } from '../../wire/link.ts'

/** Bytes each way in the case of large transfers: more than any buffer on the way. */
const BULK_BYTES = 16_777_216

/**
 * What may be on the way to a reader that has stopped: two kernel buffers that have grown as far as they do, and ours.
 */
const MAX_UNDER_WAY_BYTES = 33_554_432

/** More than the high-water mark, less than what a kernel takes at once. */
const SOME_BYTES = 3_000_000

/** How long a case waits for what has to come; far more than a busy machine needs. */
const PATIENCE_MS = 20_000

/** The transport under test, and where its other end is. */
export interface TransportEnv {
  /** Dials; in a page this is the page's transport while the listener is elsewhere. */
  readonly transport: Transport
  /** Where `createCaseServer` accepts links. */
  readonly endpoint: Endpoint
  /** Where nobody listens. */
  readonly refusing: Endpoint
  /** Where a dial neither succeeds nor fails, if there is such a place. */
  readonly hanging?: Endpoint | undefined
  /** The clock both ends run by; under a manual one somebody has to advance it meanwhile. */
  readonly clock: Clock
  /** `false` for a browser's WebSocket: there unread bytes are capped and end the link with `receive queue full`. */
  readonly canPauseReading: boolean
  /** Whether `refuse` tells the remote why; default `false`: it aborts, as over TCP. */
  readonly tellsRefusals?: boolean | undefined
  /** Bytes of large transfers, default 16 MiB; less for links that are slow by intention. */
  readonly bulkBytes?: number | undefined
  /** Most that a writer may get rid of while the other end doesn't read; default 32 MiB. */
  readonly maxUnderWayBytes?: number | undefined
}

/** One promise of the contract. */
export interface TransportCase {
  /** A sentence about behaviour. */
  readonly name: string
  /** Rejects with what was not kept. */
  run(env: TransportEnv): Promise<void>
}

export function bulkBytes(env: TransportEnv): number {
  return env.bulkBytes ?? BULK_BYTES
}

/** A lot for one write, a little for a link. */
export function someBytes(env: TransportEnv): number {
  return Math.min(SOME_BYTES, bulkBytes(env))
}

export function maxUnderWayBytes(env: TransportEnv): number {
  return env.maxUnderWayBytes ?? MAX_UNDER_WAY_BYTES
}

/** Throws a plain error, so that any test runner shows it. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

export function checkEqual(got: unknown, wanted: unknown, what: string): void {
  if (got !== wanted) throw new Error(`${what}: got ${String(got)}, wanted ${String(wanted)}`)
}

/** Waits for `promise` as long as a case does. */
export async function inTime<T>(
  clock: Clock,
  promise: Promise<T>,
  what: () => string,
  ms: number = PATIENCE_MS,
): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const timer = clock.setTimer(ms, () => reject(new Error(`${what()} did not come within ${ms} ms`)))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
