// What tests of peerwire programs and of other transports use; runs wherever the core runs.
export * from './manual-clock.ts'
export { createLinkPair, createMemoryNetwork } from './memory-transport.ts'
export type { MemoryNetwork, MemoryNetworkOptions, MemoryTransportOptions } from './memory-transport.ts'
export type { MemoryLinkPair } from './memory-link.ts'
