// The front door of the core: everything a program needs to be a node. RLPx alone is `@peerwire/core/rlpx`.
export * from './base/bytes.ts'
