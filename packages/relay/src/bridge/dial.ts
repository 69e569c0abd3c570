// Opens the bridge's end to a target, within a time and as long as somebody waits for it.
import { connect as connectTcp, type Socket } from 'node:net'
import type { Clock } from '@peerwire/core'
import type { WebSocketSide } from '../splice/websocket-side.ts'

/** Begins to open a TCP socket. */
export type Connect = (place: { readonly host: string; readonly port: number }) => Socket

/** How a target is reached. */
export const connectTarget: Connect = ({ host, port }) => connectTcp({ host, port, noDelay: true })

export interface DialFailure {
  /** `slow`: it did not answer. */
  readonly kind: 'slow' | 'failed'
  readonly words: string
}

export interface DialTargetOptions {
  readonly clock: Clock
  readonly dialMs: number
  readonly signal: AbortSignal
  readonly connect?: Connect | undefined
}

/** A connected socket, or why there is none. */
export function dialTarget(
  place: { readonly host: string; readonly port: number },
  { clock, dialMs, signal, connect = connectTarget }: DialTargetOptions,
): Promise<Socket | DialFailure> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(GONE)
    const socket = connect(place)
    const settle = (result: Socket | DialFailure): void => {
      timer.cancel()
      signal.removeEventListener('abort', onGone)
      socket.removeAllListeners('connect').removeAllListeners('error')
      socket.on('error', () => undefined)
      if (isDialFailure(result)) socket.destroy()
      resolve(result)
    }
    const onGone = (): void => settle(GONE)
    const timer = clock.setTimer(dialMs, () => {
      settle({ kind: 'slow', words: `the target did not answer within ${dialMs} ms` })
    })
    signal.addEventListener('abort', onGone)
    socket.once('connect', () => settle(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => settle({ kind: 'failed', words: dialText(error) }))
  })
}

export function isDialFailure(result: Socket | DialFailure): result is DialFailure {
  return 'kind' in result
}

const GONE: DialFailure = { kind: 'failed', words: 'the tab went away' }

function dialText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'the target refused the connection: nobody listens there'
  if (code === 'ENOTFOUND') return "the target's name has no address"
  return `the target could not be reached: ${code ?? message}`
}

/** Aborts once the tab has gone. */
export function goneSignal(tab: WebSocketSide): AbortSignal {
  const controller = new AbortController()
  void tab.gone.then(() => controller.abort())
  return controller.signal
}
