// Idle peers for a hub to hold, where there is no Go to make them.
import { once } from 'node:events'
import { connect } from 'node:net'
import { BaseCode, EMPTY_LIST, fromHex } from '@peerwire/core/rlpx'
import { serve } from '../lib/serve.mjs'
import { createKeyPair, dialSession } from '../lib/session.mjs'

await serve({
  async leaves({ peers, addr, key }) {
    const port = Number(addr.split(':').at(-1))
    for (let i = 0; i < peers; i++) {
      if (key) idle(await dialSession(port, fromHex(key), createKeyPair()))
      else await once(connect(port, '127.0.0.1'), 'connect')
    }
    return { connected: peers }
  },
})

/** Answers pings, or the hub would take it for dead. */
function idle({ codec, write, onMessage }) {
  codec.enableSnappy()
  onMessage(({ code }) => void (code === BaseCode.ping && write(codec.seal(BaseCode.pong, EMPTY_LIST))))
}
