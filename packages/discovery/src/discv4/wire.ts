// The conversation of discv4: proves endpoints, answers, and asks. Knows packets and times, and no table.
import { equalBytes, isPeerError, readRlp, toHex } from '@peerwire/core'
import type { Clock, Crypto, PrefixPolicy, Timer } from '@peerwire/core'
import { nodeIdOf } from '../records/node-id.ts'
import { readRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { Credits, PacketRates } from './budgets.ts'
import { knownNode, relayCheck, udpEndpointOf } from './known-node.ts'
import type { KnownNode, RelayCheck } from './known-node.ts'
import { BUCKET_SIZE, EXPIRATION_MS, MAX_NEIGHBORS, PROOF_WAIT_MS } from './limits.ts'
import { endpointFields, nodeFields, openPacket, PacketType, sealPacket, senderOf } from './packets.ts'
import type { PacketBody, PacketRefusal, WireEndpoint, WireNode } from './packets.ts'
import { Proofs } from './proofs.ts'
import { Questions } from './questions.ts'
import type { DatagramSocket, UdpEndpoint } from './socket.ts'
import { writeRlp } from '../write-rlp.ts'

/** Protocol version that a ping names. */
const VERSION = 4

/** Why a packet that came led to nothing. */
export type Refusal =
  | PacketRefusal
  | 'too many'
  | 'bad signature'
  | 'our own key'
  | 'not asked for'
  | 'no endpoint proof'

/** What the conversation asks of the rest. */
export interface WireHost {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  readonly prefixes: PrefixPolicy
  readonly socket: DatagramSocket
  /** Where we say that we are. */
  endpoint(): WireEndpoint
  record(): NodeRecord
  /** Nodes to tell of, the nearest to the target first. */
  nearest(target: Uint8Array, count: number): readonly KnownNode[]
  /** A node has proven to be where it is; `seq` is what it says of its record. */
  proven(node: KnownNode, seq: bigint): void
  /** A node that answered says where we are. */
  stated(by: UdpEndpoint, endpoint: WireEndpoint): void
}

type SealedBytes = ReturnType<typeof sealPacket>

interface Sender {
  readonly publicKey: Uint8Array
  readonly key: string
  readonly from: UdpEndpoint
  /** When its packet came. */
  readonly nowMs: number
}

export class Wire {
  readonly proofs: Proofs = new Proofs()
  readonly questions: Questions
  readonly rates: PacketRates
  readonly credits: Credits
  /** Packets that led to nothing, by reason. */
  readonly refused: Map<Refusal, number> = new Map()
  #received = 0
  #sent = 0
  readonly #host: WireHost
  /** Questions that wait for a node to know us, by its id. */
  readonly #strangers = new Map<string, Set<() => void>>()
  readonly #timers = new Set<Timer>()

  constructor(host: WireHost) {
    this.#host = host
    this.questions = new Questions(host.clock)
    this.rates = new PacketRates(host.prefixes)
    this.credits = new Credits(host.prefixes)
  }

  /** Packets that came and went. */
  get counts(): { readonly received: number; readonly sent: number } {
    return { received: this.#received, sent: this.#sent }
  }

  /** Takes a datagram. Never throws, whatever it holds. */
  receive(bytes: Uint8Array, from: UdpEndpoint): void {
    this.#received++
    const refusal = this.#take(bytes, from)
    if (refusal !== undefined) this.refused.set(refusal, (this.refused.get(refusal) ?? 0) + 1)
  }

  /** Asks whether a node is there. */
  ping(node: KnownNode, done: (pong: { readonly seq: bigint } | undefined) => void): void {
    this.#ping(node, this.#sealPing(udpEndpointOf(node)), Infinity, done)
  }

  /** Asks a node for those it knows near a target; what it tells is checked as far as it can be. */
  findNode(node: KnownNode, target: Uint8Array, done: (nodes: readonly KnownNode[] | undefined) => void): void {
    const to = udpEndpointOf(node)
    const check = relayCheck(to.host)
    const nodes = new Map<string, KnownNode>()
    let told = 0
    this.#whenKnown(node, (isKnown) => {
      if (!isKnown) return done(undefined)
      const { bytes } = this.#seal(PacketType.findNode, [target, this.#expiration()])
      this.questions.ask({
        key: node.key,
        to,
        type: PacketType.neighbors,
        send: () => this.#send(bytes, to),
        take: (body) => {
          if (body.type !== PacketType.neighbors) return 'not mine'
          told += body.nodes.length
          for (const one of body.nodes.slice(0, BUCKET_SIZE)) this.#collect(one, check, nodes)
          return told >= BUCKET_SIZE ? 'done' : 'more'
        },
        end: (isAnswered) => {
          if (!isAnswered) this.proofs.forgetAnswered(node.key, to.host)
          done(isAnswered ? [...nodes.values()].slice(0, BUCKET_SIZE) : undefined)
        },
      })
    })
  }

  /** Asks a node for its record. `undefined` when none comes that is its own. */
  requestRecord(node: KnownNode, done: (record: NodeRecord | undefined) => void): void {
    const to = udpEndpointOf(node)
    this.#whenKnown(node, (isKnown) => {
      if (!isKnown) return done(undefined)
      const { bytes, hash } = this.#seal(PacketType.enrRequest, [this.#expiration()])
      let record: NodeRecord | undefined
      this.questions.ask({
        key: node.key,
        to,
        type: PacketType.enrResponse,
        send: () => this.#send(bytes, to),
        take: (body) => {
          if (body.type !== PacketType.enrResponse || !equalBytes(body.token, hash)) return 'not mine'
          record = this.#ownRecord(node, writeRlp(body.record))
          return 'done'
        },
        end: (isAnswered) => {
          if (!isAnswered) this.proofs.forgetAnswered(node.key, to.host)
          done(record)
        },
      })
    })
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#strangers.clear()
    this.questions.close()
  }

  #now(): number {
    return this.#host.clock.now()
  }

  #take(bytes: Uint8Array, from: UdpEndpoint): Refusal | undefined {
    const { clock, crypto, publicKey: own } = this.#host
    const nowMs = clock.now()
    const sealed = openPacket(bytes, clock.wallNow(), crypto)
    if (typeof sealed === 'string') return sealed
    if (!this.rates.take(from, this.questions.expects(from), nowMs)) return 'too many'
    const publicKey = senderOf(sealed, crypto)
    if (!publicKey) return 'bad signature'
    if (equalBytes(publicKey, own)) return 'our own key'
    const key = toHex(nodeIdOf(publicKey, crypto))
    this.credits.received(from, bytes.length)
    return this.#dispatch({ publicKey, key, from, nowMs }, sealed.body, sealed.hash)
  }

  #dispatch(sender: Sender, body: PacketBody, hash: Uint8Array): Refusal | undefined {
    const { key, from, nowMs } = sender
    switch (body.type) {
      case PacketType.ping:
        this.#answerPing(sender, body, hash)
        return undefined
      case PacketType.pong:
      case PacketType.neighbors:
      case PacketType.enrResponse:
        return this.questions.answer(key, from, body) ? undefined : 'not asked for'
      case PacketType.findNode:
      case PacketType.enrRequest:
        // Who has not proven to be there gets nothing: the answer is larger than the question.
        if (!this.proofs.isProven(key, from.host, nowMs)) return 'no endpoint proof'
        if (body.type === PacketType.findNode) this.#answerFindNode(from, body.target)
        else this.#answerRecordRequest(from, hash)
        return undefined
    }
  }

  #answerPing(
    { publicKey, key, from, nowMs }: Sender,
    { from: claimed, seq }: Extract<PacketBody, { type: typeof PacketType.ping }>,
    hash: Uint8Array,
  ): void {
    const isProven = this.proofs.isProven(key, from.host, nowMs)
    const to = endpointFields({ host: from.host, udp: from.port, tcp: claimed.tcp })
    const pong = this.#seal(PacketType.pong, [to, hash, this.#expiration(), this.#host.record().seq])
    if (!isProven && !this.credits.take(from, pong.bytes.length, 'hasPong')) return
    this.#send(pong.bytes, from)
    this.proofs.answered(key, from.host, claimed.tcp, nowMs)
    const node = knownNode({ publicKey, host: from.host, udp: from.port, tcp: claimed.tcp }, this.#host.crypto)
    if (this.proofs.isProvenAt(key, from, nowMs)) this.#host.proven(node, seq)
    else this.#pingBack(node, from)
    for (const goOn of this.#strangers.get(key) ?? []) goOn()
  }

  #pingBack(node: KnownNode, from: UdpEndpoint): void {
    if (this.questions.isAsking(node.key, from, PacketType.pong)) return
    const sealed = this.#sealPing(from)
    // It is sent once, for its length is counted once.
    if (this.credits.take(from, sealed.bytes.length, 'hasPing')) this.#ping(node, sealed, 1, () => undefined)
  }

  #ping(
    node: KnownNode,
    { bytes, hash }: SealedBytes,
    times: number,
    done: (pong: { readonly seq: bigint } | undefined) => void,
  ): void {
    const to = udpEndpointOf(node)
    let sent = 0
    let pong: { readonly seq: bigint } | undefined
    this.questions.ask({
      key: node.key,
      to,
      type: PacketType.pong,
      send: () => void (sent++ < times && this.#send(bytes, to)),
      take: (body) => {
        if (body.type !== PacketType.pong || !equalBytes(body.token, hash)) return 'not mine'
        pong = { seq: body.seq }
        this.proofs.proven(node.key, to, this.#now())
        this.#host.stated(to, body.to)
        // What it says itself counts: others may tell of a node of theirs at anybody's port.
        this.#host.proven({ ...node, tcp: this.proofs.tcpOf(node.key, node.host) ?? 0 }, body.seq)
        return 'done'
      },
      end: () => done(pong),
    })
  }

  #answerFindNode(from: UdpEndpoint, target: Uint8Array): void {
    const id = this.#host.crypto.keccak256(target)
    const check = relayCheck(from.host)
    const nodes = this.#host.nearest(id, BUCKET_SIZE).filter((node) => check(node) === undefined)
    for (let i = 0; i === 0 || i < nodes.length; i += MAX_NEIGHBORS) {
      const some = nodes.slice(i, i + MAX_NEIGHBORS).map((node) => nodeFields(node))
      this.#send(this.#seal(PacketType.neighbors, [some, this.#expiration()]).bytes, from)
    }
  }

  #answerRecordRequest(from: UdpEndpoint, hash: Uint8Array): void {
    const record = readRlp(this.#host.record().bytes)
    this.#send(this.#seal(PacketType.enrResponse, [hash, record]).bytes, from)
  }

  #collect(told: WireNode, check: RelayCheck, into: Map<string, KnownNode>): void {
    const { crypto, publicKey } = this.#host
    if (check(told) !== undefined || equalBytes(told.publicKey, publicKey)) return
    const node = knownNode(told, crypto)
    if (into.has(node.key) || !crypto.isPublicKey(told.publicKey)) return
    into.set(node.key, node)
  }

  // Calls back when the node has had a chance to see where we are: it answers nothing larger before.
  #whenKnown(node: KnownNode, done: (isKnown: boolean) => void): void {
    const { key, host } = node
    if (this.proofs.isAnswered(key, host, this.#now())) return done(true)
    this.ping(node, (pong) => {
      if (!pong || this.proofs.isAnswered(key, host, this.#now())) return done(pong !== undefined)
      this.#afterProof(key, () => done(true))
    })
  }

  // Once the node has pinged us and was answered, or some time later: it may know us from before.
  #afterProof(key: string, goOn: () => void): void {
    const strangers = this.#strangers.get(key) ?? new Set()
    this.#strangers.set(key, strangers)
    const once = (): void => {
      timer.cancel()
      this.#timers.delete(timer)
      strangers.delete(once)
      if (strangers.size === 0) this.#strangers.delete(key)
      goOn()
    }
    const timer = this.#host.clock.setTimer(PROOF_WAIT_MS, once)
    this.#timers.add(timer)
    strangers.add(once)
  }

  #ownRecord(node: KnownNode, bytes: Uint8Array): NodeRecord | undefined {
    try {
      const record = readRecord(bytes, this.#host.crypto)
      return record.publicKey && equalBytes(record.publicKey, node.publicKey) ? record : undefined
    } catch (error) {
      if (isPeerError(error)) return undefined
      throw error
    }
  }

  #sealPing(to: UdpEndpoint): SealedBytes {
    const there = endpointFields({ host: to.host, udp: to.port, tcp: 0 })
    const fields = [VERSION, endpointFields(this.#host.endpoint()), there, this.#expiration(), this.#host.record().seq]
    return this.#seal(PacketType.ping, fields)
  }

  #seal(type: PacketType, fields: Parameters<typeof sealPacket>[1]): SealedBytes {
    return sealPacket(type, fields, this.#host.privateKey, this.#host.crypto)
  }

  #send(bytes: Uint8Array, to: UdpEndpoint): void {
    this.#sent++
    this.#host.socket.send(bytes, to)
  }

  #expiration(): number {
    return Math.floor((this.#host.clock.wallNow() + EXPIRATION_MS) / 1000)
  }
}
