// Who waits inside a door, by network: a bounded number, and no network, exempt or not, has more than half of the
// places.

/** A place; it is left once. */
export interface Place {
  /** Ends whoever has it: it is given to another one. */
  readonly giveUp: () => void
}

export class WaitingRoom {
  readonly #size: number
  /** Where each place counts, the oldest first. */
  readonly #keys = new Map<Place, string>()
  /** The same by where they count. */
  readonly #places = new Map<string, Set<Place>>()

  constructor(size: number) {
    this.#size = size
  }

  /** Places that are taken. */
  get count(): number {
    return this.#keys.size
  }

  /** Places of one network. */
  countOf(key: string): number {
    return this.#places.get(key)?.size ?? 0
  }

  /** Whether one more from there finds a place that it is fair to give to it. */
  hasRoom(key: string): boolean {
    return this.count < this.#size || this.#isCrowded(key) || this.#crowdBeside(key) !== undefined
  }

  /**
   * Takes a place. A network that has half of them gives up its own oldest; where all are taken, that with most of them
   * does, and where no network has more than the newcomer's, the oldest of all.
   */
  enter(key: string, giveUp: () => void): Place {
    const place: Place = { giveUp }
    if (this.#isCrowded(key)) this.#giveUpOldest(this.#places.get(key)!)
    else if (this.count >= this.#size)
      this.#giveUpOldest(this.#places.get(this.#crowdBeside(key) ?? '') ?? this.#keys.keys())
    this.#add(place, key)
    return place
  }

  /** Counts a place elsewhere, where it is the newest. */
  move(place: Place, key: string): void {
    const before = this.#keys.get(place)
    if (before === undefined || before === key) return
    this.leave(place)
    if (this.#isCrowded(key)) this.#giveUpOldest(this.#places.get(key)!)
    this.#add(place, key)
  }

  leave(place: Place): void {
    const key = this.#keys.get(place)
    if (key === undefined) return
    this.#keys.delete(place)
    const places = this.#places.get(key)!
    places.delete(place)
    if (places.size === 0) this.#places.delete(key)
  }

  #add(place: Place, key: string): void {
    this.#keys.set(place, key)
    this.#places.set(key, (this.#places.get(key) ?? new Set()).add(place))
  }

  #isCrowded(key: string): boolean {
    return this.countOf(key) > 0 && this.countOf(key) >= this.#size / 2
  }

  /** The network that has most places, if giving one of them to `key` is fair. */
  #crowdBeside(key: string): string | undefined {
    let crowd = key
    let most = this.countOf(key) + 1
    for (const [other, { size }] of this.#places) if (size > most) [crowd, most] = [other, size]
    return crowd === key ? undefined : crowd
  }

  #giveUpOldest(places: Iterable<Place>): void {
    for (const place of places) {
      this.leave(place)
      return place.giveUp()
    }
  }
}
