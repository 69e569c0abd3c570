import { describe, expect, it } from 'vitest'
import type { DialOptions, Link, LinkSink, Transport } from '../../wire/link.ts'
import { createManualClock } from '../manual-clock.ts'
import { createMemoryNetwork } from '../memory-transport.ts'
import { createCaseServer, transportCases, type TransportEnv } from '../transport-suite.ts'

/** A link that does as `link` but for `changes`. */
function bend(link: Link, changes: Partial<Link>): Link {
  const own: Link = {
    remoteAddress: link.remoteAddress,
    direction: link.direction,
    get bufferedBytes() {
      return link.bufferedBytes
    },
    get sentBytes() {
      return link.sentBytes
    },
    open: (sink) => link.open(sink),
    write: (chunk) => link.write(chunk),
    pause: () => link.pause(),
    resume: () => link.resume(),
    close: () => link.close(),
    abort: (error) => link.abort(error),
    refuse: (code, text, error) => link.refuse(code, text, error),
  }
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(changes))
}

/** A link whose sink is told what `make` makes of it. */
function bendSink(link: Link, make: (sink: LinkSink) => Partial<LinkSink>): Link {
  const open = (sink: LinkSink): void => {
    const plain: LinkSink = {
      bytes: (chunk) => sink.bytes(chunk),
      drain: () => sink.drain(),
      end: (error) => sink.end(error),
    }
    link.open({ ...plain, ...make(sink) })
  }
  return bend(link, { open })
}

class OddBytes extends Uint8Array {}

const FLAWED_LINKS: Readonly<Record<string, (link: Link) => Link>> = {
  'loses a byte in the middle': (link) => {
    let bytes = 0
    return bendSink(link, (sink) => ({
      bytes: (chunk) => {
        const before = bytes
        bytes += chunk.length
        sink.bytes(before <= 300 && bytes > 300 ? chunk.subarray(1) : chunk)
      },
    }))
  },
  'gives the second chunk before the first': (link) => {
    let first: Uint8Array | undefined
    let count = 0
    return bendSink(link, (sink) => ({
      bytes: (chunk) => {
        if (count++ === 0) first = chunk
        else {
          sink.bytes(chunk)
          if (first) sink.bytes(first)
          first = undefined
        }
      },
    }))
  },
  'gives chunks of a class of its own': (link) =>
    bendSink(link, (sink) => ({ bytes: (chunk) => sink.bytes(new OddBytes(chunk)) })),
  'uses a chunk again': (link) => {
    const shared = new Uint8Array(1_000_000)
    return bendSink(link, (sink) => ({
      bytes: (chunk) => {
        shared.set(chunk)
        sink.bytes(shared.subarray(0, chunk.length))
      },
    }))
  },
  'gives empty chunks': (link) =>
    bendSink(link, (sink) => ({
      bytes: (chunk) => {
        sink.bytes(chunk)
        sink.bytes(new Uint8Array(0))
      },
    })),
  'tells the end twice': (link) =>
    bendSink(link, (sink) => ({
      end: (error) => {
        sink.end(error)
        sink.end(error)
      },
    })),
  'never tells the end': (link) => bendSink(link, () => ({ end: () => undefined })),
  'tells the end from inside close': (link) => {
    let told: LinkSink | undefined
    const bent = bendSink(link, (sink) => {
      told = sink
      return { end: () => undefined }
    })
    return bend(bent, { close: () => told?.end() })
  },
  'forgets the error of abort': (link) => bend(link, { abort: () => link.abort() }),
  'never says drain': (link) => bendSink(link, () => ({ drain: () => undefined })),
  'says drain twice': (link) =>
    bendSink(link, (sink) => ({
      drain: () => {
        sink.drain()
        sink.drain()
      },
    })),
  'delivers while paused': (link) => bend(link, { pause: () => undefined, resume: () => undefined }),
  'takes any number of bytes without saying stop': (link) =>
    bend(link, {
      write: (chunk) => {
        link.write(chunk)
        return true
      },
    }),
  'drops what is queued at close': (link) => bend(link, { close: () => link.abort() }),
  'ignores abort': (link) => bend(link, { abort: () => undefined }),
  'ignores refuse': (link) => bend(link, { refuse: () => undefined }),
  'forgets the error of refuse': (link) => bend(link, { refuse: (code, text) => link.refuse(code, text) }),
  'does not tell why': (link) => bend(link, { refuse: (_, __, error) => link.abort(error) }),
  'scribbles around what is written': (link) =>
    bend(link, {
      write: (chunk) => {
        new Uint8Array(chunk.buffer).fill(0, 0, chunk.byteOffset)
        return link.write(chunk)
      },
    }),
  'is opened twice': (link) => {
    let opened = false
    return bend(link, {
      open: (sink) => {
        if (!opened) link.open(sink)
        opened = true
      },
    })
  },
  'counts buffered bytes after its end': (link) =>
    bend(link, {
      get bufferedBytes() {
        return link.bufferedBytes + 1
      },
    }),
}

const FLAWED_COUNTS: Readonly<Record<string, (link: Link) => Link>> = {
  'counts a large write as sent only when all of it is': (link) => {
    let sent = 0
    return bend(link, {
      get sentBytes() {
        return (sent = link.bufferedBytes > 0 ? sent : link.sentBytes)
      },
    })
  },
  'counts a write as sent at once': (link) =>
    bend(link, {
      get sentBytes() {
        return link.sentBytes + link.bufferedBytes
      },
    }),
  'counts backwards': (link) =>
    bend(link, {
      get sentBytes() {
        return -link.bufferedBytes
      },
    }),
}

const FLAWED_DIALS: Readonly<Record<string, (transport: Transport) => Transport['dial']>> = {
  'ignores the signal of a dial': (transport) => async (endpoint) => await transport.dial(endpoint),
  'forgets the reason of the signal':
    (transport) =>
    async (endpoint, options: DialOptions = {}) =>
      await transport.dial(endpoint, options).catch((error: unknown) => {
        throw options.signal?.aborted ? new Error('cancelled') : error
      }),
  'leaves a cancelled link open':
    (transport) =>
    async (endpoint, { signal } = {}) => {
      const dialed = transport.dial(endpoint)
      signal?.throwIfAborted()
      return await Promise.race([
        dialed,
        new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        }),
      ])
    },
  'fails with an error of its own': (transport) => async (endpoint, options) =>
    await transport.dial(endpoint, options).catch((error: unknown) => {
      throw options?.signal?.aborted ? error : new Error('no way')
    }),
}

/** The first case that the transport fails. */
async function firstFailure(
  bendDial: (transport: Transport) => Transport['dial'],
  windowBytes = 50_000,
): Promise<string> {
  for (const { name, run } of transportCases()) {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock, windowBytes, highWaterBytes: 50_000, delayMs: 1 })
    const [listener] = await network.transport('server', { listen: true }).listen!(createCaseServer(clock).handlers)
    const { endpoint } = listener!
    network.blackHole('client', 'hole', true)
    const transport = network.transport('client')
    const env: TransportEnv = {
      transport: { ...transport, dial: bendDial(transport) },
      endpoint,
      refusing: { ...endpoint, port: 9 },
      hanging: { ...endpoint, host: 'hole' },
      clock,
      canPauseReading: true,
      tellsRefusals: true,
      bulkBytes: 400_000,
      maxUnderWayBytes: 400_000,
    }
    const outcome = await clock.run(run(env)).then(
      () => undefined,
      () => name,
    )
    if (outcome !== undefined) return outcome
  }
  return 'none'
}

describe('the acceptance suite catches a transport that', () => {
  it('has no flaw: not', async () => {
    expect(await firstFailure((transport) => transport.dial)).toBe('none')
  })

  it.each(Object.entries({ ...FLAWED_LINKS, ...FLAWED_COUNTS }))('%s', async (_, bendLink) => {
    const bent = firstFailure(
      (transport) =>
        async (...args) =>
          bendLink(await transport.dial(...args)),
    )
    expect(await bent).not.toBe('none')
  })

  it.each(Object.entries(FLAWED_DIALS))('%s', async (_, bendDial) => {
    expect(await firstFailure(bendDial)).not.toBe('none')
  })

  it('reads on without bounds while paused', async () => {
    expect(await firstFailure((transport) => transport.dial, 100_000_000)).toContain('hold')
  })
})
