// Reads the form of a transaction and signs it.
import { fromHex, portableCrypto } from '@peerwire/core'
import { signTransaction, type TransactionFields } from '@peerwire/eth'

const GWEI = 1_000_000_000n

/** What stands in the form, as typed. */
export type SendForm = Readonly<
  Record<'privateKey' | 'to' | 'nonce' | 'value' | 'gasLimit' | 'maxFee' | 'priorityFee', string>
>

/** The envelope of the transaction that the form describes. @throws {TypeError} naming the field that is wrong */
export function signForm(form: SendForm, chainId: bigint): Uint8Array {
  const privateKey = hex('private key', form.privateKey, 32)
  if (!portableCrypto.isPrivateKey(privateKey)) throw new TypeError('the private key is out of range')
  const fields: TransactionFields = {
    chainId,
    nonce: whole('nonce', form.nonce),
    maxPriorityFeePerGas: whole('priority fee', form.priorityFee) * GWEI,
    maxFeePerGas: whole('fee cap', form.maxFee) * GWEI,
    gasLimit: whole('gas limit', form.gasLimit),
    to: form.to.trim() === '' ? addressOf(privateKey) : hex('recipient', form.to, 20),
    value: whole('value', form.value),
  }
  return signTransaction(fields, privateKey, portableCrypto)
}

function addressOf(privateKey: Uint8Array): Uint8Array {
  return portableCrypto.keccak256(portableCrypto.publicKeyOf(privateKey)).subarray(12)
}

function hex(what: string, text: string, bytes: number): Uint8Array {
  const digits = text.trim().replace(/^0x/i, '')
  // The text itself is not shown: it may be a key.
  if (!/^[0-9a-f]*$/i.test(digits) || digits.length !== 2 * bytes) {
    throw new TypeError(`the ${what} must be ${2 * bytes} hex digits`)
  }
  return fromHex(digits)
}

function whole(what: string, text: string): bigint {
  if (!/^\d{1,78}$/.test(text.trim()))
    throw new TypeError(`the ${what} must be a whole number, not ${text.slice(0, 40)}`)
  return BigInt(text.trim())
}
