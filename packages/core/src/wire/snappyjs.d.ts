// The types of the package that serves the tests as another's snappy; it brings none.
declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array
  export function uncompress(block: Uint8Array, maxBytes?: number): Uint8Array
}
