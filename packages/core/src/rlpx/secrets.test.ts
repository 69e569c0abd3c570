// The keys of a session, against the values that EIP-8 gives.
import { expect, it } from 'vitest'
import vectors from '../../../../vectors/rlpx-eip8.json' with { type: 'json' }
import { fromHex, toHex, utf8ToBytes } from '../base/bytes.ts'
import { portableCrypto as crypto } from '../crypto/portable.ts'
import { readAuth } from './responder.ts'
import { deriveSecrets, xor } from './secrets.ts'

const { initiator, recipient, derived_from_Auth2_Ack2: expected } = vectors
const auth2 = vectors.auth.find(({ name }) => name === 'Auth2')!
const ack2 = vectors.ack.find(({ name }) => name === 'Ack2')!

it('what auth says leads to the keys, the MACs and the digest of EIP-8', () => {
  const auth = fromHex(auth2.hex)
  const { signature, publicKey, nonce } = readAuth(crypto, fromHex(recipient.static_private), auth)
  expect(toHex(publicKey)).toBe(initiator.static_public)
  expect(toHex(nonce)).toBe(initiator.nonce)
  const staticSecret = crypto.sharedSecret(fromHex(recipient.static_private), publicKey)
  expect(toHex(staticSecret)).toBe(expected.static_shared)
  const ephemeral = crypto.recover(xor(staticSecret, nonce), signature)!
  expect(toHex(ephemeral)).toBe(initiator.ephemeral_public)
  const ephemeralSecret = crypto.sharedSecret(fromHex(recipient.ephemeral_private), ephemeral)
  expect(toHex(ephemeralSecret)).toBe(expected.ephemeral_shared)

  const inputs = {
    ephemeralSecret,
    initiatorNonce: nonce,
    recipientNonce: fromHex(recipient.nonce),
    auth,
    ack: fromHex(ack2.hex),
  }
  const ours = deriveSecrets(crypto, { ...inputs, initiator: false })
  expect(toHex(ours.aes)).toBe(expected.aes_secret)
  expect(toHex(ours.mac)).toBe(expected.mac_secret)
  const theirs = deriveSecrets(crypto, { ...inputs, initiator: true })
  expect(theirs.egress.digest()).toEqual(ours.ingress.digest())
  expect(theirs.ingress.digest()).toEqual(ours.egress.digest())
  ours.ingress.update(utf8ToBytes('foo'))
  expect(toHex(ours.ingress.digest())).toBe(expected.recipient_ingress_mac_digest_after_writing_ascii_foo)
})
