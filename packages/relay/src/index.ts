// The relay as a library: what the `peerwire relay` command runs, to be embedded in a program of one's own.
export { type Bridge, type BridgeOptions, createBridge } from './bridge/bridge.ts'
export { type BridgeLimits, DEFAULT_BRIDGE_LIMITS } from './bridge/limits.ts'
export { type BridgeTarget, parseBridgeTarget } from './bridge/target.ts'
export { createOutput, type Output } from './command/output.ts'
export type { RelayOptions } from './relay/options.ts'
export type { BridgeEntry } from './relay/public-addresses.ts'
export { type Relay, type RelaySurroundings, startRelay } from './relay/relay.ts'
