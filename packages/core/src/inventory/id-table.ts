// One node-wide table from (kind, id) to a small number, so that the sets of a thousand peers hold four bytes an item.

/** Bytes of an id: a keccak-256 or SHA-256 hash. */
export const ID_BYTES = 32
/** Number of an entry, from 0; below 2^31, so that a set has a bit to spare. */
export type Handle = number
/** What `find` answers for an id that has no entry. */
export const NO_HANDLE = -1

const WORDS = ID_BYTES / 4
const FIRST_CAPACITY = 64
/** Runs of an index stay short when a third of it is free. */
const SLOTS_PER_ENTRY = 1.5

/**
 * Entries are counted by reference: whoever keeps a handle holds one, and the last release frees the entry.
 * So the table is as large as what the bounded sets and stores refer to, and made-up ids leave with their sender.
 */
export class IdTable {
  readonly #salt: number
  // The id that was asked for last, and its hash.
  readonly #asked = new Uint32Array(WORDS)
  #askedHash = 0
  #size = 0
  #used = 0
  #free = NO_HANDLE
  #capacity = FIRST_CAPACITY
  #words = new Uint32Array(FIRST_CAPACITY * WORDS)
  #kinds = new Uint32Array(FIRST_CAPACITY)
  #hashes = new Uint32Array(FIRST_CAPACITY)
  // References of an entry in use; of a free entry, the next free one.
  #references = new Int32Array(FIRST_CAPACITY)
  // Open addressing; 0 is empty, otherwise handle + 1.
  #index = new Uint32Array(2 * FIRST_CAPACITY)

  /** @param salt - chance, 32 bits, so that a stranger can't choose ids that collide */
  constructor(salt: number) {
    this.#salt = salt | 1
  }

  /** Entries in use. */
  get size(): number {
    return this.#size
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    return this.#capacity * (ID_BYTES + 12) + this.#index.byteLength
  }

  /** The handle of an id, or `NO_HANDLE`. Holds no reference. */
  find(kind: number, id: Uint8Array): Handle {
    const hash = this.#load(kind, id)
    const mask = this.#index.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const found = this.#index[at]! - 1
      if (found < 0) return NO_HANDLE
      if (this.#hashes[found] === hash && this.#kinds[found] === kind && this.#wasAsked(found)) return found
    }
  }

  /** The handle of an id, made where there was none; the caller holds a reference. */
  intern(kind: number, id: Uint8Array): Handle {
    const found = this.find(kind, id)
    if (found !== NO_HANDLE) {
      this.retain(found)
      return found
    }
    return this.#insert(kind)
  }

  retain(handle: Handle): void {
    this.#references[handle]!++
  }

  release(handle: Handle): void {
    if (--this.#references[handle]! > 0) return
    this.#unlink(handle)
    this.#references[handle] = this.#free
    this.#free = handle
    this.#size--
    if (this.#size === 0 && this.#capacity > FIRST_CAPACITY) this.#shrink()
  }

  kindOf(handle: Handle): number {
    return this.#kinds[handle]!
  }

  /** A fresh copy of the id. */
  idOf(handle: Handle): Uint8Array {
    const id = new Uint8Array(ID_BYTES)
    const view = new DataView(id.buffer)
    for (let i = 0; i < WORDS; i++) view.setUint32(4 * i, this.#words[handle * WORDS + i]!)
    return id
  }

  #load(kind: number, id: Uint8Array): number {
    if (id.length !== ID_BYTES) throw new RangeError(`an id has ${ID_BYTES} bytes, not ${id.length}`)
    const salt = this.#salt
    let hash = salt ^ kind
    for (let i = 0; i < WORDS; i++) {
      const at = 4 * i
      const word = (id[at]! << 24) | (id[at + 1]! << 16) | (id[at + 2]! << 8) | id[at + 3]!
      this.#asked[i] = word
      hash = Math.imul(hash ^ word, 0x85ebca6b)
      hash = Math.imul((hash << 13) | (hash >>> 19), salt) ^ (hash >>> 15)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35)
    return (this.#askedHash = (hash ^ (hash >>> 13)) >>> 0)
  }

  #wasAsked(handle: Handle): boolean {
    const offset = handle * WORDS
    for (let i = 0; i < WORDS; i++) if (this.#words[offset + i] !== this.#asked[i]) return false
    return true
  }

  // Makes an entry of the id that was asked for last.
  #insert(kind: number): Handle {
    if (this.#free === NO_HANDLE && this.#used === this.#capacity) this.#grow()
    let handle = this.#free
    if (handle === NO_HANDLE) handle = this.#used++
    else this.#free = this.#references[handle]!
    this.#words.set(this.#asked, handle * WORDS)
    this.#kinds[handle] = kind
    this.#hashes[handle] = this.#askedHash
    this.#references[handle] = 1
    this.#link(handle)
    this.#size++
    return handle
  }

  #link(handle: Handle): void {
    const mask = this.#index.length - 1
    let at = this.#hashes[handle]! & mask
    while (this.#index[at] !== 0) at = (at + 1) & mask
    this.#index[at] = handle + 1
  }

  // Takes the entry out and moves later ones of its run back, so that no gap hides them.
  #unlink(handle: Handle): void {
    const index = this.#index
    const mask = index.length - 1
    let gap = this.#hashes[handle]! & mask
    while (index[gap] !== handle + 1) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashes[index[at]! - 1]! & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      index[gap] = index[at]!
      gap = at
    }
    index[gap] = 0
  }

  #grow(): void {
    this.#capacity += this.#capacity >> 1
    this.#words = copied(this.#words, new Uint32Array(this.#capacity * WORDS))
    this.#kinds = copied(this.#kinds, new Uint32Array(this.#capacity))
    this.#hashes = copied(this.#hashes, new Uint32Array(this.#capacity))
    this.#references = copied(this.#references, new Int32Array(this.#capacity))
    let slots = this.#index.length
    while (slots < this.#capacity * SLOTS_PER_ENTRY) slots *= 2
    this.#index = new Uint32Array(slots)
    for (let handle = 0; handle < this.#used; handle++) this.#link(handle)
  }

  // An empty table gives its memory back; a used one can't, because handles are places.
  #shrink(): void {
    this.#used = 0
    this.#free = NO_HANDLE
    this.#capacity = FIRST_CAPACITY
    this.#words = new Uint32Array(FIRST_CAPACITY * WORDS)
    this.#kinds = new Uint32Array(FIRST_CAPACITY)
    this.#hashes = new Uint32Array(FIRST_CAPACITY)
    this.#references = new Int32Array(FIRST_CAPACITY)
    this.#index = new Uint32Array(2 * FIRST_CAPACITY)
  }
}

function copied<T extends Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
