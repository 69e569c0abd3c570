// Acceptance cases: dials that succeed, fail and are cancelled leave nothing behind.
import { isPeerError } from '../../errors/peer-error.ts'
import type { Endpoint } from '../../wire/address.ts'
import { connect, quiet, reportOf } from './connect.ts'
import { check, checkEqual, inTime, type TransportCase, type TransportEnv } from './env.ts'

/** How often the links of the other end are counted until they are as few as wanted. */
const COUNT_ROUNDS = 50

export const dialCases: readonly TransportCase[] = [
  { name: 'knows which endpoints it can dial', run: knowsEndpoints },
  { name: 'a refused dial is a PeerError "dial failed"', run: refused },
  {
    name: 'a dial cancelled beforehand rejects with the reason and opens nothing',
    run: (env) => cancelled(env, 'before'),
  },
  {
    name: 'a dial cancelled at once rejects with the reason and leaves no link',
    run: (env) => cancelled(env, 'at once'),
  },
  { name: 'a dial cancelled a little later leaves no link, or is a link', run: cancelledLater },
  { name: 'a dial that hangs is cancelled promptly', run: hanging },
  { name: 'a signal that aborts after the dial does nothing to the link', run: cancelledTooLate },
]

async function knowsEndpoints(env: TransportEnv): Promise<void> {
  check(env.transport.canDial(env.endpoint), 'the endpoint of its own listener cannot be dialed')
  check(!env.transport.canDial({ ...env.endpoint, scheme: 'no-such-scheme' }), 'a foreign scheme can be dialed')
}

async function refused(env: TransportEnv): Promise<void> {
  const error = await failureOf(env, env.refusing)
  check(isPeerError(error) && error.code === 'dial failed', `a refused dial was told as ${String(error)}`)
  check(error.message.includes(String(env.refusing.port)), `the message does not say where: ${error.message}`)
}

async function failureOf(env: TransportEnv, endpoint: Endpoint, signal?: AbortSignal): Promise<unknown> {
  const dialed = env.transport.dial(endpoint, { signal }).then(
    (link) => link.abort(),
    (error: unknown) => ({ error }),
  )
  const failed = await inTime(env.clock, dialed, () => 'the failure of the dial')
  check(failed !== undefined, 'a dial succeeded that should have failed')
  return failed.error
}

async function cancelled(env: TransportEnv, when: 'before' | 'at once'): Promise<void> {
  const live = await liveLinks(env)
  const reason = new Error('cancelled by the case')
  const controller = new AbortController()
  if (when === 'before') controller.abort(reason)
  const failed = failureOf(env, env.endpoint, controller.signal)
  if (when === 'at once') controller.abort(reason)
  check((await failed) === reason, 'a cancelled dial did not reject with the reason of its signal')
  await settleTo(env, live)
}

async function cancelledLater(env: TransportEnv): Promise<void> {
  const live = await liveLinks(env)
  for (let ms = 0; ms < 8; ms++) {
    const controller = new AbortController()
    const reason = new Error('cancelled by the case')
    const dialed = env.transport.dial(env.endpoint, { signal: controller.signal }).then(
      (link) => link.abort(),
      (error: unknown) => checkEqual(error, reason, 'error of a cancelled dial'),
    )
    env.clock.setTimer(ms / 2, () => controller.abort(reason))
    await inTime(env.clock, dialed, () => 'the end of the dial')
  }
  await settleTo(env, live)
}

async function hanging(env: TransportEnv): Promise<void> {
  if (!env.hanging) return
  const controller = new AbortController()
  const reason = new Error('cancelled by the case')
  const failed = failureOf(env, env.hanging, controller.signal)
  await quiet(env)
  controller.abort(reason)
  check((await failed) === reason, 'a hanging dial did not reject with the reason of its signal')
}

async function cancelledTooLate(env: TransportEnv): Promise<void> {
  const controller = new AbortController()
  const link = await env.transport.dial(env.endpoint, { signal: controller.signal })
  controller.abort(new Error('too late'))
  await quiet(env)
  checkEqual(link.write(new Uint8Array(1)), true, 'write after the signal of the dial aborted')
  link.abort()
  const { probe } = await connect(env, { echo: true })
  probe.abort()
  await probe.ended()
}

async function liveLinks(env: TransportEnv): Promise<number> {
  return (await reportOf(env, '')).live
}

async function settleTo(env: TransportEnv, wanted: number): Promise<void> {
  let live = await liveLinks(env)
  for (let round = 0; round < COUNT_ROUNDS && live > wanted; round++) {
    await quiet(env)
    live = await liveLinks(env)
  }
  check(live <= wanted, `${live - wanted} links were left at the listening end`)
}
