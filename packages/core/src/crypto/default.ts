// The provider where no other is known: browsers, and whatever no import condition names.
export { portableCrypto as defaultCrypto } from './portable.ts'
