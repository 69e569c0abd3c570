// keccak-256 by a generated WebAssembly module: one instance with a page of memory, whatever the number of hashes.
import type { RunningHash } from '../../base/crypto.ts'
import { KECCAK_MODULE } from './module.ts'

/** Bytes that the sponge takes before it permutes: 200 less twice the digest's 32. */
const RATE_BYTES = 136
const STATE_BYTES = 200

/**
 * Hashes whose states lie in the module's memory; who came longest ago is copied out when another needs the room.
 * A session has two, so what 64 sessions hash is never copied; among thousands it is 0.05 µs once a frame.
 */
const SLOTS = 128

// The page: round constants (192 bytes, part of the module), a result, a state for one-shot hashes, the slots, and data
// on its way in.
const RESULT_AT = 256
const ONE_SHOT_AT = 512
const SLOTS_AT = 768
const DATA_AT: number = SLOTS_AT + SLOTS * STATE_BYTES
/** Data is copied in by as much; whole blocks, so that large messages stay aligned. */
const DATA_BYTES: number = 256 * RATE_BYTES

/** Up to here a loop is quicker than to copy the bytes in and call the module. */
const SMALL_BYTES = 32

interface Sponge {
  readonly memory: Uint8Array
  readonly slots: (WasmKeccak256 | undefined)[]
  nextSlot: number
  permute(to: number, from: number): void
  absorb(state: number, filled: number, data: number, length: number): number
}

let shared: Sponge | undefined

function createSponge(): Sponge {
  const bytes = Uint8Array.from(atob(KECCAK_MODULE), (character) => character.charCodeAt(0))
  const { memory, permute, absorb } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  return {
    memory: new Uint8Array((memory as WebAssembly.Memory).buffer),
    slots: Array.from({ length: SLOTS }, () => undefined),
    nextSlot: 0,
    permute: permute as Sponge['permute'],
    absorb: absorb as Sponge['absorb'],
  }
}

// Tells how many bytes the state has taken since it was permuted.
function absorb(sponge: Sponge, state: number, filled: number, bytes: Uint8Array): number {
  const { memory } = sponge
  const { length } = bytes
  if (length <= SMALL_BYTES && filled + length < RATE_BYTES) {
    for (let i = 0, at = state + filled; i < length; i++, at++) memory[at]! ^= bytes[i]!
    return filled + length
  }
  for (let at = 0; at < length; at += DATA_BYTES) {
    const piece = length <= DATA_BYTES ? bytes : bytes.subarray(at, at + DATA_BYTES)
    memory.set(piece, DATA_AT)
    filled = sponge.absorb(state, filled, DATA_AT, piece.length)
  }
  return filled
}

// Leaves the state as it was: the padding is taken back.
function digest({ memory, permute }: Sponge, state: number, filled: number): Uint8Array {
  const end = state + RATE_BYTES - 1
  memory[state + filled]! ^= 0x01
  memory[end]! ^= 0x80
  permute(RESULT_AT, state)
  memory[state + filled]! ^= 0x01
  memory[end]! ^= 0x80
  const result = new Uint8Array(32)
  for (let i = 0; i < 32; i++) result[i] = memory[RESULT_AT + i]!
  return result
}

/** A running keccak-256. */
export class WasmKeccak256 implements RunningHash {
  readonly #sponge: Sponge = (shared ??= createSponge())
  /** Where the state lies in the module's memory; 0 while it is in `#saved`. */
  #state = 0
  #filled = 0
  #saved: Uint8Array | undefined

  update(bytes: Uint8Array): void {
    this.#filled = absorb(this.#sponge, this.#state || this.#enter(), this.#filled, bytes)
  }

  digest(): Uint8Array {
    return digest(this.#sponge, this.#state || this.#enter(), this.#filled)
  }

  /** The state and how much of a block it has taken, for who goes on with it; not to be used any more. */
  take(): { readonly state: Uint8Array; readonly filled: number } {
    const { memory, slots } = this.#sponge
    const at = this.#state || this.#enter()
    slots[(at - SLOTS_AT) / STATE_BYTES] = undefined
    return { state: memory.slice(at, at + STATE_BYTES), filled: this.#filled }
  }

  // Takes the slot that was taken longest ago; what a dead hash leaves is held until then, and no longer.
  #enter(): number {
    const { memory, slots, nextSlot } = this.#sponge
    const last = slots[nextSlot]
    if (last) last.#leave()
    slots[nextSlot] = this
    this.#sponge.nextSlot = (nextSlot + 1) % SLOTS
    const state = SLOTS_AT + nextSlot * STATE_BYTES
    if (this.#saved) memory.set(this.#saved, state)
    else memory.fill(0, state, state + STATE_BYTES)
    this.#state = state
    return state
  }

  #leave(): void {
    const state = this.#sponge.memory.subarray(this.#state, this.#state + STATE_BYTES)
    if (this.#saved) this.#saved.set(state)
    else this.#saved = state.slice()
    this.#state = 0
  }
}

/** The hash of these bytes; takes no slot. */
export function wasmKeccak256(bytes: Uint8Array): Uint8Array {
  const sponge = (shared ??= createSponge())
  sponge.memory.fill(0, ONE_SHOT_AT, ONE_SHOT_AT + STATE_BYTES)
  return digest(sponge, ONE_SHOT_AT, absorb(sponge, ONE_SHOT_AT, 0, bytes))
}
