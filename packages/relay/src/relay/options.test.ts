// What flags of the relay make of its address book.
import { describe, expect, it } from 'vitest'
import { readFlags } from '../command/flags.ts'
import { relayCommand } from './command.ts'
import { readRelayOptions } from './options.ts'
import type { RelayOptions } from './options.ts'

function optionsOf(...args: string[]): RelayOptions {
  return readRelayOptions(readFlags(args, relayCommand.flags), {})
}

describe('the dials of a relay', () => {
  it('go to strangers every second time and to any port, unless the network or a flag says otherwise', () => {
    expect(optionsOf()).toMatchObject({ bias: 'even', defaultPort: undefined, networkName: 'main' })
    expect(optionsOf('--network-name', 'b1')).toMatchObject({ networkName: 'b1' })
    expect(optionsOf('--network', 'hoodi')).toMatchObject({ bias: 'even', defaultPort: 30_303 })
    expect(optionsOf('--network', 'hoodi', '--default-port', '40303')).toMatchObject({ defaultPort: 40_303 })
    expect(optionsOf('--bias', 'peers', '--default-port=1')).toMatchObject({ bias: 'peers', defaultPort: 1 })
  })

  it.each([
    [['--bias', 'by peers'], '--bias must be even or peers, not "by peers"'],
    [['--default-port', '0'], '--default-port must be a whole number from 1 to 65535, not "0"'],
    [['--default-port', '65536'], '--default-port must be a whole number from 1 to 65535, not "65536"'],
    [['--default-port', 'http'], '--default-port must be a whole number from 1 to 65535, not "http"'],
    [['--network-name', 'x'.repeat(33)], '--network-name must have 1 to 32 bytes, not 33'],
    [['--no-address-book', '--bias', 'peers'], '--bias is of no use with --no-address-book'],
    [['--no-address-book', '--default-port', '1'], '--default-port is of no use with --no-address-book'],
  ])('are refused %j', (args, message) => {
    expect(() => optionsOf(...args)).toThrow(message)
  })
})
