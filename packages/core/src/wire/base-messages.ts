// The message codes that every session has, before any protocol's.

/** The base protocol's codes; 0x04 to 0x0f are reserved. */
export const BaseCode = { hello: 0x00, disconnect: 0x01, ping: 0x02, pong: 0x03 } as const

/** Codes of protocols begin here. */
export const BASE_CODES = 0x10

/** Most bytes a message of the base protocol may have, go-ethereum's limit too. */
export const BASE_MESSAGE_BYTES = 2048

/** What ping and pong carry: an empty list. Shared, not to be written to. */
export const EMPTY_LIST: Uint8Array = /* @__PURE__ */ Uint8Array.of(0xc0)
