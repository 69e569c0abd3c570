// A side of a splice that is an upgraded WebSocket, read and written on its raw socket.
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '@peerwire/core'
import { FrameReader } from './frame-reader.ts'
import { binaryFrame, closeFrame, type HalfEnd, LOST, NO_CODE, pongFrame } from './frames.ts'
import type { Ending, Goodbye, Side, SideSink } from './side.ts'

/** Up to here header and content are copied into one piece; two pieces cost the system call more than the copy does. */
const COPY_BYTES = 4_096

/** How long the client may take to answer a close frame, behind what it has still to read. */
const CLOSE_TIMEOUT_MS = 2_000

const NORMAL = 1000
const GOING_AWAY = 1001

export interface WebSocketSideOptions {
  readonly clock: Clock
  /** What one message may claim to have. */
  readonly maxMessageBytes?: number
}

export class WebSocketSide implements Side {
  readonly gone: Promise<void>
  readonly #socket: Duplex
  readonly #clock: Clock
  readonly #reader: FrameReader
  #sink: SideSink | undefined
  #needDrain = false
  /** The last ping, while what waits for the client is in the way of its answer. */
  #ping: Uint8Array | undefined
  /** A close frame was sent. */
  #closing = false
  /** Once there is one, nothing more is read of it. */
  #ending: Ending | undefined
  #timer: Timer | undefined

  /**
   * @param socket - just upgraded; nobody else reads or writes it
   * @param head - what came behind the request
   */
  constructor(socket: Duplex, head: Uint8Array, { clock, maxMessageBytes }: WebSocketSideOptions) {
    this.#socket = socket
    this.#clock = clock
    this.#reader = new FrameReader(maxMessageBytes)
    socket.pause()
    if (head.length > 0) socket.unshift(head)
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true)
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.#timer?.cancel()
        this.#lose()
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => {
      this.#lose()
      socket.end()
      this.#watchClose()
    })
    socket.on('error', () => undefined)
    socket.pause()
  }

  open(sink: SideSink): void {
    this.#sink = sink
    if (this.#ending) sink.ended(this.#ending)
  }

  pause(): void {
    if (!this.#ending) this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closing || chunk.length === 0) return true
    const socket = this.#socket
    if (chunk.length <= COPY_BYTES) {
      const frame = binaryFrame(chunk.length, chunk.length)
      frame.set(chunk, frame.length - chunk.length)
      socket.write(frame, this.#written)
    } else {
      socket.cork()
      socket.write(binaryFrame(chunk.length))
      socket.write(chunk, this.#written)
      socket.uncork()
    }
    if (socket.writableLength > 0) this.#needDrain = true
    return !this.#needDrain
  }

  finish({ goodbye }: Ending): void {
    // What was cut on the other side is cut here.
    if (goodbye.code === LOST) this.destroy()
    else void this.close(goodbye)
  }

  /** Closes with a code and a reason; resolves when the socket is gone. */
  close(goodbye: Goodbye): Promise<void> {
    this.#sayGoodbye(goodbye)
    // The client's own close frame may be behind what it still sends.
    this.#socket.resume()
    return this.gone
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#ending) return
    const reader = this.#reader
    const length = reader.read(chunk)
    if (!this.#closing) this.#sink?.bytes(length === chunk.length ? chunk : chunk.subarray(0, length), chunk.length)
    const ping = reader.takePing()
    if (ping) this.#answer(ping)
    if (reader.end) this.#endBy(reader.end)
  }

  #answer(ping: Uint8Array): void {
    if (this.#closing) return
    if (this.#socket.writableLength > 0) {
      this.#ping = ping
      this.#needDrain = true
    } else this.#socket.write(pongFrame(ping), this.#written)
  }

  readonly #written = (): void => {
    if (!this.#needDrain || this.#socket.writableLength > 0) return
    this.#needDrain = false
    const ping = this.#ping
    this.#ping = undefined
    if (ping) this.#answer(ping)
    this.#sink?.drained()
  }

  #endBy({ code, text, broken }: HalfEnd): void {
    // A close is answered by its own code, a breach by what it is.
    this.#sayGoodbye({ code, text: broken ? text : '' })
    this.#socket.end()
    // What still comes is dropped, for the end of it to be seen.
    this.#socket.resume()
    if (broken)
      this.#tell({ goodbye: { code: LOST, text }, orderly: false, why: `the tab sent what is no WebSocket: ${text}` })
    else this.#tell({ goodbye: { code, text }, orderly: isOrderly(code), why: `the tab closed with ${code}` })
  }

  /** The socket ended without a close frame. */
  #lose(): void {
    this.#tell({ goodbye: { code: LOST, text: '' }, orderly: false, why: `the tab closed with ${LOST}` })
  }

  #tell(ending: Ending): void {
    if (this.#ending) return
    this.#ending = ending
    this.#sink?.ended(ending)
  }

  #sayGoodbye({ code, text }: Goodbye): void {
    if (this.#closing) return
    this.#closing = true
    this.#socket.write(closeFrame(code, text))
    this.#watchClose()
  }

  #watchClose(): void {
    this.#timer ??= this.#clock.setTimer(CLOSE_TIMEOUT_MS, () => this.#socket.destroy())
  }
}

function isOrderly(code: number): boolean {
  return code === NORMAL || code === GOING_AWAY || code === NO_CODE
}
