// Runs the acceptance cases over the browser's WebSocket, one at a time, as the test outside asks.
import { type Endpoint, type PeerError, systemClock } from '@peerwire/core'
import { transportCases } from '@peerwire/core/testing'
import { webSocket } from '@peerwire/transport-ws'

export interface PageEndpoints {
  readonly endpoint: Endpoint
  readonly refusing: Endpoint
  readonly hanging: Endpoint
}

declare global {
  interface Window {
    runTransportCase: (name: string, endpoints: PageEndpoints) => Promise<void>
    failedDial: (endpoint: Endpoint) => Promise<{ readonly message: string; readonly cause: unknown }>
    refusedLink: (endpoint: Endpoint) => Promise<{ readonly message: string; readonly cause: unknown }>
  }
}

window.runTransportCase = async (name, endpoints) => {
  const found = transportCases().find((one) => one.name === name)
  if (!found) throw new Error(`no such case: ${name}`)
  await found.run({
    transport: webSocket(),
    clock: systemClock,
    canPauseReading: false,
    tellsRefusals: true,
    ...endpoints,
  })
}

window.failedDial = async (endpoint) => {
  try {
    const link = await webSocket().dial(endpoint)
    link.abort()
    return { message: 'the dial succeeded', cause: undefined }
  } catch (error) {
    return error instanceof Error
      ? { message: error.message, cause: error.cause }
      : { message: 'no error', cause: error }
  }
}

window.refusedLink = async (endpoint) => {
  const link = await webSocket().dial(endpoint)
  const error = await new Promise<PeerError | undefined>((resolve) => {
    link.open({ bytes: () => undefined, drain: () => undefined, end: resolve })
  })
  return { message: `${error?.code}: ${error?.message}`, cause: error?.cause }
}
