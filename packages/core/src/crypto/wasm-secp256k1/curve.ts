// secp256k1 by WebAssembly: one instance of libsecp256k1, whose room for inputs and results is wiped after every use.
import { systemRandom } from '../../base/random.ts'
import { type Curve, mayRecover, notPublicKey, requireHash, requirePrivateKey } from '../curve.ts'
import { SECP256K1_MODULE } from './module.ts'

// The room, as curve.c has it: a first input, a public key or a second input, a result; a mark before public keys.
const ROOM_BYTES = 256
const FIRST_BYTES = 32
const SECOND_AT = 33
const RESULT_AT = 128
const KEY_AT: number = RESULT_AT + 1

interface Library {
  readonly room: Uint8Array
  /** These answer 1, or 0 for an input that is none. */
  readonly check: () => number
  readonly derive: () => number
  readonly share: () => number
  readonly sign: () => number
  readonly recover: () => number
}

let shared: Library | undefined

// On first use: it takes a millisecond or two, which a program that shakes no hands need not wait for.
function library(): Library {
  return (shared ??= start())
}

function start(): Library {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(SECP256K1_MODULE)))
  const {
    memory,
    place,
    start: begin,
    ...functions
  } = exports as unknown as Omit<Library, 'room'> & {
    readonly memory: WebAssembly.Memory
    readonly place: () => number
    readonly start: () => void
  }
  const room = new Uint8Array(memory.buffer, place(), ROOM_BYTES)
  // Never of a simulation: what blinds secrets has to be chance.
  room.set(systemRandom.bytes(FIRST_BYTES))
  begin()
  room.fill(0, 0, FIRST_BYTES)
  return { ...functions, room }
}

// The digits are of our own making, lower-case; `parseInt` of each pair would take milliseconds.
function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at)
    return code < 58 ? code - 48 : code - 87
  }
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1)
  return bytes
}

// The mark stays.
function wipe(room: Uint8Array): void {
  room.fill(0, 0, FIRST_BYTES)
  room.fill(0, SECOND_AT)
}

function isPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 64) return false
  const { room, check } = library()
  room.set(publicKey, SECOND_AT)
  return check() === 1
}

function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  requirePrivateKey(privateKey)
  const { room, derive } = library()
  room.set(privateKey)
  derive()
  const publicKey = room.slice(KEY_AT, KEY_AT + 64)
  wipe(room)
  return publicKey
}

function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  requirePrivateKey(privateKey)
  if (publicKey.length !== 64) throw notPublicKey()
  const { room, share } = library()
  room.set(privateKey)
  room.set(publicKey, SECOND_AT)
  const found = share() === 1
  const secret = room.slice(RESULT_AT, RESULT_AT + 32)
  wipe(room)
  if (!found) throw notPublicKey()
  return secret
}

function sign(hash: Uint8Array, privateKey: Uint8Array): Uint8Array {
  requirePrivateKey(privateKey)
  requireHash(hash)
  const { room, sign: signRoom } = library()
  room.set(privateKey)
  room.set(hash, SECOND_AT)
  signRoom()
  const signature = room.slice(RESULT_AT, RESULT_AT + 65)
  wipe(room)
  return signature
}

function recover(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  if (!mayRecover(hash, signature)) return undefined
  const { room, recover: recoverRoom } = library()
  room.set(hash)
  room.set(signature, SECOND_AT)
  return recoverRoom() === 1 ? room.slice(KEY_AT, KEY_AT + 64) : undefined
}

/**
 * libsecp256k1 as WebAssembly. Whatever is secret goes through the library's constant-time functions, blinded by a
 * number drawn once; compilers and engines may undo that, and nobody has proven that they don't.
 */
export const wasmCurve: Curve = { isPublicKey, publicKeyOf, sharedSecret, sign, recover }
