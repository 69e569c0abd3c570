// WebCrypto where the platform gives it; nothing in the core depends on it.

/** `crypto.subtle`; pages by plain http that are not from localhost have none. */
export function webCrypto(): SubtleCrypto | undefined {
  return globalThis.crypto?.subtle as SubtleCrypto | undefined
}
