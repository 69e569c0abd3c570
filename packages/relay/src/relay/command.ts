// `peerwire relay`: runs a relay until it is told to stop.
import { systemClock } from '@peerwire/core'
import type { Command } from '../command/command.ts'
import type { FlagTable } from '../command/flags.ts'
import { BOOTNODE_FLAG, DNS_FLAG, DNS_LOCAL_FLAG, DNS_SERVER_FLAG, NETWORK_FLAG } from '../discovery/flags.ts'
import { helpText } from '../command/help.ts'
import { createStderrLogger } from '../command/output.ts'
import { bannerLines } from './banner.ts'
import { readRelayOptions } from './options.ts'
import { startRelay } from './relay.ts'

const FLAGS: FlagTable = {
  listen: {
    value: 'URL',
    many: true,
    help: 'listen on tcp://host:port, ws://host:port or wss://host:port; port 0 takes a free one; without it: ws://127.0.0.1:30380 and tcp://127.0.0.1:30303, or the next free ports',
  },
  connect: { value: 'ADDRESS', many: true, help: 'keep connected to enode://KEY@host:port or ws://KEY@host:port/' },
  'max-peers': { value: 'N', help: 'most peers at once, 1 to 10000; default 200' },
  'data-dir': {
    value: 'DIR',
    help: 'where the private key and the address book are kept; default: the usual place for data of programs',
  },
  seed: {
    value: 'ADDRESS',
    many: true,
    help: 'a node to begin with when the address book is of no help: enode://KEY@host:port or wss://KEY@host/',
  },
  bias: {
    value: 'HOW',
    help: 'how often strangers are dialed who were never connected: even, the default, is every second time; peers is 10 % without outbound peers and 90 % with eight',
  },
  'network-name': {
    value: 'NAME',
    help: 'whose nodes the address book holds and tells of, as inspect() of a tab shows it; default main',
  },
  'default-port': {
    value: 'PORT',
    help: 'the port that most nodes have: others are dialed later; default: 30303 with --network, else any is as good',
  },
  'no-address-book': { help: 'neither keep nor exchange addresses, and dial nobody who was not named' },
  'public-url': { value: 'URL', help: 'what browsers reach the relay by, such as https://relay.example/' },
  advertise: {
    value: 'URL',
    many: true,
    help: 'an endpoint that others should dial, such as tcp://relay.example:30303',
  },
  bridge: {
    value: 'ALIAS=TARGET',
    many: true,
    help: 'let tabs reach enode://KEY@host:port or host:port at /bridge/ALIAS; without it, and without tickets, the bridge is closed',
  },
  'bridge-allow': {
    value: 'CIDR:PORTS',
    many: true,
    help: 'what tickets may name, such as 203.0.113.0/24:30303 or [2001:db8::]/32:30303-30310; private and special ranges only where a rule lies within them',
  },
  'ticket-key': {
    value: 'FILE',
    many: true,
    help: 'a key whose tickets are taken at /bridge/t/N (see peerwire ticket); two while one is replaced',
  },
  origins: {
    value: 'LIST',
    many: true,
    help: "pages that may connect, such as https://app.example, tauri://localhost or null, or * for all; default: the relay's own and this machine's",
  },
  'tls-cert': { value: 'FILE', help: 'certificate chain in PEM form, for wss://' },
  'tls-key': { value: 'FILE', help: 'its private key in PEM form' },
  host: {
    value: 'NAME',
    many: true,
    help: 'a name by which pages reach the relay on this machine or in its network, such as relay.local',
  },
  'trust-proxy': {
    optional: 'LIST',
    many: true,
    help: 'take addresses of remotes from X-Forwarded-For or Forwarded, as your own proxies write them: their addresses and ranges, such as 127.0.0.1,10.0.0.0/8, or how many there are; alone: 1, by which every connection comes',
  },
  'no-local-exemption': {
    help: 'hold this machine and its network to the limits that others have; for tests',
  },
  ban: {
    value: 'TARGET',
    many: true,
    help: 'refuse a public key, a host or a range such as 203.0.113.0/24, now and at later starts',
  },
  unban: { value: 'TARGET', many: true, help: 'lift a ban' },
  'onion-proxy': {
    value: 'URL',
    help: "dial Tor's onion services through a SOCKS5 proxy, such as socks5://127.0.0.1:9050; without it they aren't dialed",
  },
  sample: { help: 'run a sample source beside the relay, a peer that announces made-up transactions' },
  ...NETWORK_FLAG,
  ...BOOTNODE_FLAG,
  ...DNS_FLAG,
  ...DNS_SERVER_FLAG,
  ...DNS_LOCAL_FLAG,
  'no-discovery': { help: 'look for nobody, whatever the network' },
  'no-page': { help: 'serve no page' },
  'log-level': { value: 'LEVEL', help: 'trace, debug, info, warn or error; default info' },
  json: {
    help: 'print one JSON object a line: listening, discovery, bridge, ban, peer, message, item, drop, setupfail, dialfail, looking, suppressed, warning',
  },
}

export const relayCommand: Command = {
  name: 'relay',
  summary: 'run a relay: a peer that browser tabs and Node programs connect to',
  flags: FLAGS,
  help: helpText({
    usage: 'relay [flags]',
    about:
      'Runs a node that tabs reach over WebSocket and others over TCP, fetches what its peers announce and announces it to all others. Ends at SIGINT or SIGTERM.',
    flags: FLAGS,
    more: [
      'Examples:',
      '  peerwire relay --sample',
      '  peerwire relay --network hoodi',
      '  peerwire relay --connect enode://KEY@127.0.0.1:30303',
      '  peerwire relay --listen ws://127.0.0.1:8080 --public-url https://relay.example/ --trust-proxy',
    ],
  }),
  outlivesReader: () => true,
  run: async (given, { signal, output, warn, onHangUp }) => {
    const options = readRelayOptions(given, process.env)
    const logger = createStderrLogger(options.logLevel, systemClock, warn)
    const relay = await startRelay(options, { output, logger })
    onHangUp(() => relay.renew())
    try {
      for (const line of bannerLines(relay)) output.text(line)
      await untilAborted(signal)
    } finally {
      await relay.close()
    }
    return 0
  },
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
