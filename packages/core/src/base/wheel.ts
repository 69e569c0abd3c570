// One timer for many coarse deadlines, so that an idle peer owns none.
import type { Clock, Timer } from './clock.ts'

/** Something that wants to be told when its time has come. */
export interface WheelEntry {
  due(nowMs: number): void
}

/** Calls entries at the end of the slot that holds their deadline: never early, late by at most one slot. */
export class Wheel {
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #slots = new Map<number, Set<WheelEntry>>()
  readonly #slotOf = new Map<WheelEntry, number>()
  #timer: Timer | undefined
  #timerSlot = Infinity

  /** @param slotMs - how much later than asked an entry may be called */
  constructor(clock: Clock, slotMs: number) {
    this.#clock = clock
    this.#slotMs = slotMs
  }

  get size(): number {
    return this.#slotOf.size
  }

  /** Sets the one deadline of an entry, replacing an earlier one. */
  set(entry: WheelEntry, atMs: number): void {
    const slot = Math.ceil(atMs / this.#slotMs)
    const old = this.#slotOf.get(entry)
    if (old === slot) return
    if (old !== undefined) this.#slots.get(old)?.delete(entry)
    this.#slotOf.set(entry, slot)
    const entries = this.#slots.get(slot)
    if (entries) entries.add(entry)
    else this.#slots.set(slot, new Set([entry]))
    if (slot < this.#timerSlot) this.#arm(slot, this.#clock.now())
  }

  delete(entry: WheelEntry): void {
    const slot = this.#slotOf.get(entry)
    if (slot === undefined) return
    this.#slotOf.delete(entry)
    this.#slots.get(slot)?.delete(entry)
    if (this.#slotOf.size === 0) this.close()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerSlot = Infinity
    this.#slots.clear()
    this.#slotOf.clear()
  }

  #arm(slot: number, nowMs: number): void {
    this.#timer?.cancel()
    this.#timerSlot = slot
    this.#timer = this.#clock.setTimer(Math.max(0, slot * this.#slotMs - nowMs), () => this.#fire())
  }

  #fire(): void {
    this.#timer = undefined
    this.#timerSlot = Infinity
    const nowMs = this.#clock.now()
    const reached = Math.floor(nowMs / this.#slotMs)
    for (const slot of [...this.#slots.keys()].filter((key) => key <= reached).sort((a, b) => a - b)) {
      const entries = this.#slots.get(slot)
      this.#slots.delete(slot)
      for (const entry of entries ?? []) if (this.#slotOf.get(entry) === slot) this.#slotOf.delete(entry)
      for (const entry of entries ?? []) entry.due(nowMs)
    }
    let next = Infinity
    for (const [slot, entries] of this.#slots) {
      if (entries.size === 0) this.#slots.delete(slot)
      else if (slot < next) next = slot
    }
    if (next < this.#timerSlot) this.#arm(next, nowMs)
  }
}
