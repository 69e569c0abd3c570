// The lines that operators read, to the letter, with a fixed clock.
import { describe, expect, it } from 'vitest'
import { Emitter } from '../base/emitter.ts'
import { createLineLogger } from '../base/line-logger.ts'
import type { LogLevel } from '../base/log.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { describePeer, shortUrl } from '../peers/peer-name.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import type { Peer } from '../wire/peer.ts'
import type { NodeEvents, SetUpFailure } from './events.ts'
import { formatDuration, levelOf } from './log-lines.ts'
import { Reporter } from './reporter.ts'

const KEY = Uint8Array.of(0xd3, 0x99, 0xf4, 0xb0, ...new Uint8Array(60))

async function createFixture(level: LogLevel, peerCount = 0) {
  const lines: string[] = []
  const clock = createManualClock({ wallStartMs: Date.UTC(2023, 7, 28, 16, 33, 40, 205) })
  const logger = createLineLogger({ clock, level, write: (line) => lines.push(line) })
  const reporter = new Reporter({ logger, writesLines: true }, () => peerCount)
  const events = new Emitter<NodeEvents>(() => undefined)
  reporter.follow(events)
  await reporter.open(clock)
  const url = shortUrl(KEY, 'tcp', '1.2.3.4:30303')
  const peer = {
    direction: 'inbound',
    name: 'geth',
    url,
    toString: () => describePeer(url, 'inbound'),
  } as unknown as Peer
  return { lines, events, reporter, peer }
}

function setUpFailure(given: Partial<SetUpFailure>): SetUpFailure {
  const peer = 'enode://d399f4b...@1.2.3.4:30303 (outbound)'
  const error = new PeerError('setup timeout', DiscReason.readTimeout, 'x')
  const unknown = { direction: 'outbound', remoteAddress: 'x', publicKey: undefined, persistent: false } as const
  return { ...unknown, peer, error, ...given }
}

const remoteFull = new PeerError(
  'remote disconnect reason',
  DiscReason.tooManyPeers,
  'Peer.run got a remote DiscReason',
)

describe('the reporter', () => {
  it('writes the removal line with its keys in order', async () => {
    const { lines, events, peer } = await createFixture('trace')
    events.emit('peer:removed', { peer, error: remoteFull, durationMs: 6.901, remoteRequested: true })
    expect(lines.at(-1)).toBe(
      '[TRACE] [08-28|16:33:40.205] Removing p2p peer peercount=0 url=enode://d399f4b...@1.2.3.4:30303 duration=6.901ms ' +
        'err="PeerError(code=remote disconnect reason, reason=too many peers, err=<nil>, message=Peer.run got a remote DiscReason)"',
    )
  })

  it('says by default that a peer was lost which had finished its handshakes', async () => {
    const { lines, events, peer } = await createFixture('info')
    events.emit('peer:removed', { peer, error: remoteFull, durationMs: 61_500, remoteRequested: true })
    expect(lines).toEqual([
      '[INFO] [08-28|16:33:40.205] Lost peer peer="enode://d399f4b...@1.2.3.4:30303 (inbound)" duration=1m1.5s ' +
        'err="PeerError(code=remote disconnect reason, reason=too many peers, err=<nil>, message=Peer.run got a remote DiscReason)"',
    ])
  })

  it.each([
    ['added', false, true, 'info'],
    ['added', true, true, 'info'],
    ['removed', false, true, 'info'],
    ['removed', true, true, 'info'],
    ['removed', false, false, 'debug'],
    ['removed', true, false, 'warn'],
    ['setup failed', false, false, 'debug'],
    ['setup failed', true, false, 'warn'],
    ['dial failed', false, false, 'debug'],
    ['dial failed', true, false, 'warn'],
  ] as const)('%s, persistent %s, handshaken %s is written as %s', (happening, persistent, handshaken, level) => {
    expect(levelOf(happening, persistent, handshaken)).toBe(level)
  })

  it.each<[string, Partial<SetUpFailure>, string]>([
    ['of a stranger', {}, 'DEBUG] Connection set-up failed'],
    ['of a persistent node', { persistent: true }, 'WARN] Connection set-up failed'],
    ['after its key was proven', { error: remoteFull, publicKey: KEY }, 'DEBUG] Lost peer before its handshake'],
    [
      'after a persistent node proved its key',
      { error: remoteFull, publicKey: KEY, persistent: true },
      'WARN] Lost peer before its handshake',
    ],
    [
      'by our own refusal',
      { error: new PeerError('disconnect reason', 4, 'full'), publicKey: KEY },
      'DEBUG] Connection set-up failed',
    ],
  ])('says a failed set-up %s, in the one form of address and direction', async (_, failure, line) => {
    const { lines, events } = await createFixture('trace')
    events.emit('setup:failed', setUpFailure(failure))
    const [first = ''] = lines
    expect(first.replace(/\] \[\S+ /, '] ').replace(/\[\d\S+\] /, '')).toContain(line)
    expect(first).toContain(' peer="enode://d399f4b...@1.2.3.4:30303 (outbound)" err="PeerError(code=')
  })

  it('says the failure of a persistent node once for all who look from afar, not for its dial again', async () => {
    const { lines, events } = await createFixture('warn')
    const address = { publicKey: KEY, endpoint: { scheme: 'tcp', host: '1.2.3.4', port: 30303 } }
    const failure = setUpFailure({ persistent: true })
    events.emit('setup:failed', failure)
    events.emit('dial:failed', { address, error: failure.error, persistent: true })
    events.emit('dial:failed', { address, error: new PeerError('dial failed', 1, 'x'), persistent: true })
    expect(lines.map((line) => line.slice(28, 50))).toEqual([
      expect.stringContaining('Connection set-up'),
      expect.stringContaining('Dial failed'),
    ])
  })

  it('counts failures by code, reason, phase and direction, never by text', async () => {
    const { events, reporter, peer } = await createFixture('error')
    for (const text of ['one', 'two']) {
      const error = new PeerError('bad mac', DiscReason.breachOfProtocol, text)
      events.emit('peer:removed', { peer, error, durationMs: 1, remoteRequested: false })
      events.emit('setup:failed', setUpFailure({ error }))
    }
    expect(reporter.counters.map(({ phase, direction, count }) => [phase, direction, count])).toEqual([
      ['peer', 'inbound', 2],
      ['setup', 'outbound', 2],
    ])
  })

  it('counts reasons that remotes make up as one kind, so that they leave room for the others', async () => {
    const { events, reporter, peer } = await createFixture('error')
    const count = (reason: number | bigint): void => {
      const error = new PeerError('remote disconnect reason', reason, 'made up')
      events.emit('peer:removed', { peer, error, durationMs: 1, remoteRequested: true })
    }
    for (let i = 0; i < 1024; i++) count(1000 + i)
    for (const reason of [0x0c, 2n ** 60n, DiscReason.tooManyPeers]) count(reason)
    expect(reporter.counters.map(({ reason, count: times }) => [reason, times])).toEqual([
      ['unknown', 1026],
      ['4', 1],
    ])
  })

  it.each([
    [6.901, '6.901ms'],
    [0, '0ms'],
    [1500, '1.5s'],
    [62_500, '1m2.5s'],
    [3_661_000, '1h1m1s'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
