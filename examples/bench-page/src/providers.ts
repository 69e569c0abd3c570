// The two kinds of cryptography that a tab can have.
import { type Crypto, portableCrypto } from '@peerwire/core'

export type ProviderName = 'small' | 'accelerator'

/** Loads what isn't there yet. */
export const PROVIDERS: Readonly<Record<ProviderName, () => Promise<Crypto>>> = {
  small: async () => portableCrypto,
  accelerator: async () => (await import('@peerwire/core/accelerator')).accelerated(),
}

export const PROVIDER_NAMES: readonly ProviderName[] = ['small', 'accelerator']
