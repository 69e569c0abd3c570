// Questions that wait for an answer: by whom, from where and of which kind; asked again when the answer is late.
import type { Clock, Timer } from '@peerwire/core'
import { addressText } from './known-node.ts'
import { ATTEMPTS, MAX_PENDING, REPLY_MS } from './limits.ts'
import type { PacketBody, PacketType } from './packets.ts'
import type { UdpEndpoint } from './socket.ts'

/** What a packet meant to a question. */
export type Verdict = 'not mine' | 'more' | 'done'

export interface Question {
  /** Node id as hex. */
  readonly key: string
  readonly to: UdpEndpoint
  /** Of the answer. */
  readonly type: PacketType
  /** Sends it; called again when nothing comes. */
  send(): void
  /** Looks at an answer of the right sender and type. */
  take(body: PacketBody): Verdict
  /** Called once: `true` when `take` was done, or `more` came and then nothing. */
  end(isAnswered: boolean): void
}

interface Waiting {
  readonly question: Question
  timer: Timer
  attempts: number
  /** Whether a part of the answer has come. */
  isBegun: boolean
}

/** Milliseconds that the rest of an answer may come later than its first packet. */
const REST_MS = 100

export class Questions {
  readonly #clock: Clock
  readonly #bySender = new Map<string, Waiting[]>()
  /** How many questions wait for an address. */
  readonly #addresses = new Map<string, number>()
  #size = 0
  #isClosed = false
  /** Questions without an answer in a row. */
  silence = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#size
  }

  /** Whether something is expected from there. */
  expects(from: UdpEndpoint): boolean {
    return this.#addresses.has(addressText(from))
  }

  /** Whether such a question to this node is under way. */
  isAsking(key: string, to: UdpEndpoint, type: PacketType): boolean {
    return this.#bySender.get(senderName(key, to))?.some(({ question }) => question.type === type) ?? false
  }

  ask(question: Question): void {
    if (this.#isClosed || this.#size >= MAX_PENDING) {
      question.end(false)
      return
    }
    const waiting: Waiting = { question, timer: this.#arm(() => this.#late(waiting)), attempts: 1, isBegun: false }
    const name = senderName(question.key, question.to)
    const others = this.#bySender.get(name)
    if (others) others.push(waiting)
    else this.#bySender.set(name, [waiting])
    const address = addressText(question.to)
    this.#addresses.set(address, (this.#addresses.get(address) ?? 0) + 1)
    this.#size++
    question.send()
  }

  /** Hands an answer to the questions that it may be for; `false` when nobody asked. */
  answer(key: string, from: UdpEndpoint, body: PacketBody): boolean {
    const list = this.#bySender.get(senderName(key, from)) ?? []
    let isWanted = false
    for (const waiting of [...list]) {
      if (waiting.question.type !== body.type) continue
      const verdict = waiting.question.take(body)
      if (verdict === 'not mine') continue
      isWanted = true
      this.silence = 0
      if (verdict === 'done') this.#end(waiting, true)
      else this.#expectRest(waiting)
    }
    return isWanted
  }

  /** Ends all questions, without an answer. */
  close(): void {
    this.#isClosed = true
    for (const list of [...this.#bySender.values()]) for (const waiting of [...list]) this.#end(waiting, false)
  }

  #arm(late: () => void, delayMs = REPLY_MS): Timer {
    return this.#clock.setTimer(delayMs, late)
  }

  // Counted from the first part, so that parts without end don't keep a question open.
  #expectRest(waiting: Waiting): void {
    if (waiting.isBegun) return
    waiting.isBegun = true
    waiting.timer.cancel()
    waiting.timer = this.#arm(() => this.#end(waiting, true), REST_MS)
  }

  #late(waiting: Waiting): void {
    if (waiting.attempts >= ATTEMPTS) {
      this.silence++
      this.#end(waiting, false)
      return
    }
    waiting.attempts++
    waiting.timer = this.#arm(() => this.#late(waiting))
    waiting.question.send()
  }

  #end(waiting: Waiting, isAnswered: boolean): void {
    const { question } = waiting
    const name = senderName(question.key, question.to)
    const list = this.#bySender.get(name)
    const index = list?.indexOf(waiting) ?? -1
    if (!list || index < 0) return
    waiting.timer.cancel()
    list.splice(index, 1)
    if (list.length === 0) this.#bySender.delete(name)
    const address = addressText(question.to)
    const left = (this.#addresses.get(address) ?? 1) - 1
    if (left > 0) this.#addresses.set(address, left)
    else this.#addresses.delete(address)
    this.#size--
    question.end(isAnswered)
  }
}

function senderName(key: string, endpoint: UdpEndpoint): string {
  return `${key}@${addressText(endpoint)}`
}
