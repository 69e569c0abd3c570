// Idle peers for a hub to hold, where there is no Go to make them.
import { once } from 'node:events'
import { connect } from 'node:net'
import { BaseCode, EMPTY_LIST, fromHex } from '@peerwire/core/rlpx'
import { serve } from '../lib/serve.mjs'
import { createKeyPair, dialSession } from '../lib/session.mjs'

const sessions = []
/** How often messages are sent, in milliseconds. */
const TICK_MS = 5

await serve({
  async leaves({ peers, addr, key }) {
    const port = Number(addr.split(':').at(-1))
    for (let i = 0; i < peers; i++) {
      if (key) sessions.push(idle(await dialSession(port, fromHex(key), createKeyPair())))
      else await once(connect(port, '127.0.0.1'), 'connect')
    }
    return { connected: peers }
  },
  /** All together send so many messages a second, one after the other. */
  async chatter({ perSecond, seconds, payload }) {
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    const startMs = performance.now()
    let sent = 0
    for (let passed = 0; passed < seconds;) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      passed = (performance.now() - startMs) / 1e3
      for (const due = Math.floor(Math.min(passed, seconds) * perSecond); sent < due; sent++) {
        const { codec, write } = sessions[sent % sessions.length]
        write(codec.seal(16, bytes))
      }
    }
    return { sent, seconds: (performance.now() - startMs) / 1e3 }
  },
})

/** Answers pings, or the hub would take it for dead. */
function idle(session) {
  const { codec, write, onMessage } = session
  codec.enableSnappy()
  onMessage(({ code }) => void (code === BaseCode.ping && write(codec.seal(BaseCode.pong, EMPTY_LIST))))
  return session
}
