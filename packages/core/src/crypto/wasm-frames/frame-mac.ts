// The MAC of frames by a generated WebAssembly module: a small frame is one copy in and one call.
import { unsafe } from '@noble/ciphers/aes.js'
import type { FrameMac } from '../../base/crypto.ts'
import type { WasmKeccak256 } from '../wasm-keccak/keccak.ts'
import { FRAME_MAC_MODULE } from './module.ts'

/** The state of a sponge, how much it took, and the first 16 bytes of its digest, as the module lays them out. */
const SAVED_BYTES = 220
/** Of AES-256: fifteen of 16 bytes. */
const ROUND_KEYS_BYTES = 240
const DIGEST_OFFSET = 200
const FILLED_OFFSET = 216
const KEYS_OFFSET = 224
const SLOT_BYTES = 464
const TAG_BYTES = 16
const HEADER_BYTES = 32
/**
 * MACs whose states lie in the module's memory; who came longest ago is copied out when another needs the room. A
 * session has two, so what 128 sessions send and receive is never copied.
 */
const SLOTS = 256
const SLOTS_AT = 2048
const DATA_AT: number = SLOTS_AT + SLOTS * SLOT_BYTES
/** Data is copied in by as much: whole blocks of keccak, and a frame of 64 KiB at once. */
const DATA_BYTES: number = 512 * 136

interface Engine {
  readonly memory: Uint8Array
  readonly slots: (WasmFrameMac | undefined)[]
  nextSlot: number
  digest(slot: number): void
  header(slot: number, at: number): void
  update(slot: number, at: number, length: number): void
  body(slot: number): void
  check(slot: number, at: number): number
  seal(slot: number, at: number, length: number): void
  openHeader(slot: number, at: number): number
  openBody(slot: number, at: number, length: number): number
}

let shared: Engine | undefined

function createEngine(): Engine {
  const bytes = Uint8Array.from(atob(FRAME_MAC_MODULE), (character) => character.charCodeAt(0))
  const { memory, ...functions } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  return {
    ...(functions as unknown as Omit<Engine, 'memory' | 'slots' | 'nextSlot'>),
    memory: new Uint8Array((memory as WebAssembly.Memory).buffer),
    slots: Array.from({ length: SLOTS }, () => undefined),
    nextSlot: 0,
  }
}

// Both MACs of a session have one key, and come one after the other: they share the round keys, and one piece of
// memory, for three small ones take twice as much.
let lastKey: Uint8Array | undefined
let lastKept: Uint8Array | undefined

/** Round keys, and room for the states of two MACs; the second half of it is for the second one with the same `key`. */
function memoryOf(key: Uint8Array): { readonly kept: Uint8Array; readonly savedAt: number } {
  if (lastKey === key && lastKept) {
    const kept = lastKept
    lastKey = lastKept = undefined
    return { kept, savedAt: ROUND_KEYS_BYTES + SAVED_BYTES }
  }
  lastKey = key
  lastKept = new Uint8Array(ROUND_KEYS_BYTES + 2 * SAVED_BYTES)
  const view = new DataView(lastKept.buffer)
  const words = unsafe.expandKeyLE(key)
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!, true)
  return { kept: lastKept, savedAt: ROUND_KEYS_BYTES }
}

export class WasmFrameMac implements FrameMac {
  readonly #engine: Engine = (shared ??= createEngine())
  readonly #kept: Uint8Array
  readonly #savedAt: number
  /** Where the state lies in the module's memory; 0 while it is in `#kept`. */
  #slot = 0

  /** Takes over the state of `hash`, which is not to be used any more. @param key - 32 bytes */
  constructor(hash: WasmKeccak256, key: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`an AES-256 key of ${key.length} bytes`)
    const { kept, savedAt } = memoryOf(key)
    const { state, filled } = hash.take()
    kept.set(state, savedAt)
    kept[savedAt + FILLED_OFFSET] = filled
    this.#kept = kept
    this.#savedAt = savedAt
    this.#engine.digest(this.#slot || this.#enter())
  }

  seal(frame: Uint8Array): void {
    const { memory } = this.#engine
    const slot = this.#slot || this.#enter()
    const { length } = frame
    memory.set(frame, DATA_AT)
    this.#engine.seal(slot, DATA_AT, length)
    copyTag(memory, DATA_AT + 16, frame, 16)
    copyTag(memory, DATA_AT + length - TAG_BYTES, frame, length - TAG_BYTES)
  }

  sealHeader(frame: Uint8Array): void {
    const { memory } = this.#engine
    const slot = this.#slot || this.#enter()
    for (let i = 0; i < 16; i++) memory[DATA_AT + i] = frame[i]!
    this.#engine.header(slot, DATA_AT)
    copyTag(memory, slot + DIGEST_OFFSET, frame, 16)
  }

  sealBody(frame: Uint8Array): void {
    const slot = this.#slot || this.#enter()
    this.#engine.body(slot)
    copyTag(this.#engine.memory, slot + DIGEST_OFFSET, frame, frame.length - TAG_BYTES)
  }

  openHeader(bytes: Uint8Array, at: number): boolean {
    const { memory } = this.#engine
    const slot = this.#slot || this.#enter()
    for (let i = 0; i < HEADER_BYTES; i++) memory[DATA_AT + i] = bytes[at + i]!
    return this.#engine.openHeader(slot, DATA_AT) === 1
  }

  absorb(bytes: Uint8Array, from: number, to: number): void {
    const slot = this.#slot || this.#enter()
    for (let at = from; at < to; at += DATA_BYTES) {
      const length = Math.min(DATA_BYTES, to - at)
      this.#engine.memory.set(bytes.subarray(at, at + length), DATA_AT)
      this.#engine.update(slot, DATA_AT, length)
    }
  }

  openBody(bytes: Uint8Array, from: number, to: number): boolean {
    const engine = this.#engine
    const slot = this.#slot || this.#enter()
    const length = to - from
    if (length <= DATA_BYTES) {
      engine.memory.set(bytes.subarray(from, to), DATA_AT)
      return engine.openBody(slot, DATA_AT, length) === 1
    }
    const end = to - TAG_BYTES
    this.absorb(bytes, from, end)
    return this.closeBody(bytes, end)
  }

  closeBody(bytes: Uint8Array, at: number): boolean {
    const { memory } = this.#engine
    const slot = this.#slot || this.#enter()
    for (let i = 0; i < TAG_BYTES; i++) memory[DATA_AT + i] = bytes[at + i]!
    this.#engine.body(slot)
    return this.#engine.check(slot, DATA_AT) === 1
  }

  // Takes the slot that was taken longest ago; what a dead MAC leaves is held until then, and no longer.
  #enter(): number {
    const { memory, slots, nextSlot } = this.#engine
    const last = slots[nextSlot]
    if (last) last.#leave()
    slots[nextSlot] = this
    this.#engine.nextSlot = (nextSlot + 1) % SLOTS
    const slot = SLOTS_AT + nextSlot * SLOT_BYTES
    const kept = this.#kept
    memory.set(kept.subarray(this.#savedAt, this.#savedAt + SAVED_BYTES), slot)
    memory.set(kept.subarray(0, ROUND_KEYS_BYTES), slot + KEYS_OFFSET)
    this.#slot = slot
    return slot
  }

  #leave(): void {
    this.#kept.set(this.#engine.memory.subarray(this.#slot, this.#slot + SAVED_BYTES), this.#savedAt)
    this.#slot = 0
  }
}

function copyTag(memory: Uint8Array, from: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < TAG_BYTES; i++) bytes[at + i] = memory[from + i]!
}
