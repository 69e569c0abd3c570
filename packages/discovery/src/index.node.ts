// Discovery in Node: the same, with UDP.
export * from './index.ts'
export { udp } from './udp.node.ts'
export type { UdpOptions } from './udp.node.ts'
export { systemResolver } from './dns/system-resolver.node.ts'
export type { SystemResolverOptions } from './dns/system-resolver.node.ts'
