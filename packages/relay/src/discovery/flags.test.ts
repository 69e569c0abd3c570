// What the flags of a search mean: which lists are read, where they are asked for, and what is of no use.
import { describe, expect, it } from 'vitest'
import { type FlagTable, type Given, readFlags } from '../command/flags.ts'
import { hoodi } from '../networks/hoodi.ts'
import {
  BOOTNODE_FLAG,
  DNS_FLAG,
  DNS_LOCAL_FLAG,
  DNS_SERVER_FLAG,
  NETWORK_FLAG,
  readSearch,
  type SearchOptions,
  withLists,
} from './flags.ts'

const FLAGS: FlagTable = { ...NETWORK_FLAG, ...BOOTNODE_FLAG, ...DNS_FLAG, ...DNS_SERVER_FLAG, ...DNS_LOCAL_FLAG }
const TREE = hoodi.tree

function read(...args: readonly string[]): SearchOptions {
  const given: Given = readFlags(args, FLAGS)
  return withLists(given, readSearch(given))
}

describe('the lists of a search', () => {
  it('are those of the network, asked of the servers that are named', () => {
    const servers = ['--dns-server', '127.0.0.1:5353', '--dns-server', '[::1]:53']
    const { trees, dnsServers, dnsLocal } = read('--network', 'hoodi', ...servers)
    expect([trees, dnsServers, dnsLocal]).toEqual([[hoodi.tree], ['127.0.0.1:5353', '[::1]:53'], false])
  })

  it('that are named take their place, and may be of one’s own network', () => {
    const { chain, bootnodes, trees, dnsLocal } = read('--network', 'hoodi', '--dns', TREE, '--dns-local')
    expect([chain, bootnodes, trees, dnsLocal]).toEqual([hoodi, [], [TREE], true])
  })

  it.each([
    [['--dns', TREE, '--dns-server', 'dns.example'], '--dns-server: a DNS server is an IP address, or one with a port'],
    [['--dns-server', '127.0.0.1'], '--dns-server is of no use: no list is looked for'],
    [['--network', 'hoodi', '--dns-local'], '--dns-local needs --dns too'],
  ])('%j is refused', (args, sentence) => {
    expect(() => read(...args)).toThrow(sentence)
  })
})
