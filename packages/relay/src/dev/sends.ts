// The messages that `dev echo --dial` sends, and the check of what comes back.
import { randomFillSync } from 'node:crypto'
import { equalBytes, fromHex } from '@peerwire/core'
import { type Given, valueOf, wholeNumber } from '../command/flags.ts'
import { UsageError } from '../command/usage-error.ts'
import { type RawProtocol, titleOf } from './capability.ts'

const MOST_COUNT = 10_000_000
/** What fits a frame beside the code. */
const MOST_BYTES = 16_777_000

export interface Send {
  readonly protocol: RawProtocol
  readonly code: number
  readonly payload: Uint8Array
}

/** The messages of one round, and how many rounds. @throws {UsageError} */
export function readSends(
  given: Given,
  protocols: readonly RawProtocol[],
): { readonly sends: readonly Send[]; readonly count: number } {
  const sends = given.values('send').map((text) => valueOf('send', () => parseSend(text, protocols)))
  const size = given.value('size')
  if (size !== undefined) {
    const payload = randomFillSync(new Uint8Array(wholeNumber('size', size, 0, MOST_BYTES)))
    sends.push({ protocol: protocols[0]!, code: 0, payload })
  }
  const count = wholeNumber('count', given.value('count') ?? '1', 1, MOST_COUNT)
  if (given.has('count') && sends.length === 0) throw new UsageError('--count needs --send or --size')
  return { sends, count }
}

function parseSend(text: string, protocols: readonly RawProtocol[]): Send {
  const match = /^(?:([a-z0-9]+\/\d+):)?(\d{1,4}):((?:[0-9a-f]{2})*)$/i.exec(text)
  if (!match) throw new TypeError(`a message is code:hex or name/version:code:hex, such as 3:c0ffee, not ${text}`)
  const protocol = match[1] === undefined ? protocols[0]! : protocols.find((one) => titleOf(one) === match[1])
  if (!protocol) throw new TypeError(`${match[1]} is not among --cap`)
  const code = Number(match[2])
  if (code >= protocol.length)
    throw new TypeError(`${titleOf(protocol)} has ${protocol.length} codes, so ${code} is none`)
  return { protocol, code, payload: fromHex(match[3]!) }
}

/** Remembers what was sent and tells when all of it has come back, in order for each code. */
export class EchoCheck {
  readonly #expected = new Map<string, Send[]>()
  #waiting = 0
  #wake: (() => void) | undefined
  #fail: ((error: Error) => void) | undefined
  #error: Error | undefined

  get waiting(): number {
    return this.#waiting
  }

  sent(send: Send): void {
    const key = keyOf(send)
    const queue = this.#expected.get(key)
    if (queue) queue.push(send)
    else this.#expected.set(key, [send])
    this.#waiting++
  }

  returned(echo: Send): void {
    const send = this.#expected.get(keyOf(echo))?.shift()
    const what = `${titleOf(echo.protocol)} code ${echo.code}`
    if (!send) return this.#failed(new Error(`a message nobody sent came back: ${what}`))
    if (!equalBytes(send.payload, echo.payload)) return this.#failed(new Error(`${what} came back altered`))
    this.#waiting--
    if (this.#waiting === 0) this.#wake?.()
  }

  /** @throws {Error} when something came back altered */
  async all(): Promise<void> {
    if (this.#error) throw this.#error
    if (this.#waiting === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve
      this.#fail = reject
    })
  }

  #failed(error: Error): void {
    this.#error ??= error
    this.#fail?.(error)
  }
}

function keyOf({ protocol, code }: Send): string {
  return `${titleOf(protocol)}:${code}`
}
