// Who is not welcome: peers that did wrong, for as long as there is room to remember them, and an operator's bans.
import { toHex } from '../base/bytes.ts'
import { checkOptions } from '../base/check-options.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { hostOf, prefixOf } from '../addresses/prefix.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { causeText } from '../errors/peer-error.ts'
import { isMisdeed } from '../errors/meaning.ts'
import type { Keeper } from '../keeping/keeper.ts'
import type { Peer } from '../wire/peer.ts'
import { formatEndpoint } from '../wire/address.ts'
import { BanList, checkBanTarget } from './ban-list.ts'
import type { Ban } from './ban-list.ts'
import { banForm, bansOf } from './ban-store.ts'
import type { Plugin, PluginContext, Subject, Verdict } from '../node/plugin.ts'

/** Keys and places remembered as discouraged; past it the oldest are forgotten. A place is some 60 bytes. */
const MAX_DISCOURAGED = 16_384

export interface BanOptions {
  /** Milliseconds; default until it is lifted. */
  readonly forMs?: number | undefined
  /** For people who read the list. */
  readonly reason?: string | undefined
}

export interface StandingOptions {
  /** Banned and lifted at the start, after what was kept is read. */
  readonly ban?: readonly string[] | undefined
  readonly unban?: readonly string[] | undefined
}

/** The plugin and what an operator does with it. */
export interface Standing extends Plugin {
  readonly bans: readonly Ban[]
  /**
   * Refuses somebody from now on, both ways, and ends those who are connected. Kept in the node's storage.
   *
   * @param target - a public key (64 bytes or 128 hex digits), a host, or a range such as `203.0.113.0/24`
   * @throws {TypeError} when it is none of these
   */
  ban(target: Uint8Array | string, options?: BanOptions): Promise<void>
  /** Lifts a ban; `false` when there was none. */
  unban(target: Uint8Array | string): Promise<boolean>
  /** Remembers that a peer did wrong; peers whose error is a misdeed are remembered without this. */
  discourage(peer: Peer): void
}

/**
 * Keeps who is not welcome, for `createNode({ plugins: [standing()] })`. There is no score: one misdeed is enough to be
 * discouraged. A discouraged peer isn't dialed, its addresses aren't passed on, and it is the first to make room.
 * Trusted peers are above all this.
 *
 * @throws {TypeError} when a target is no public key, host or range
 */
export function standing(options: StandingOptions = {}): Standing {
  return new KeptStanding(options)
}

class KeptStanding implements Standing {
  readonly name = 'standing'
  readonly #bans = new BanList()
  /** Most recent last. */
  readonly #discouraged = new Set<string>()
  readonly #options: StandingOptions
  #context: PluginContext | undefined
  #keeper: Keeper | undefined

  constructor(options: StandingOptions) {
    const { ban = [], unban = [] } = checkOptions('standing', options, { ban: 'list', unban: 'list' })
    for (const target of [...ban, ...unban]) checkBanTarget(target)
    this.#options = options
  }

  get bans(): readonly Ban[] {
    return this.#bans.list(this.#clock?.wallNow() ?? 0)
  }

  get #clock(): Clock | undefined {
    return this.#context?.clock
  }

  async start(context: PluginContext): Promise<void> {
    this.#context = context
    const { node, logger, clock } = context
    const list = (): readonly Ban[] => this.#bans.list(clock.wallNow())
    const late = (bans: readonly Ban[]): void => {
      this.#bans.addOlder(bans)
      this.#endBanned()
    }
    const kept = await context.keep(banForm(list, late))
    if (kept) {
      this.#keeper = kept.keeper
      this.#bans.addOlder(bansOf(kept.found))
      logger.log('debug', 'Bans loaded', { count: list().length })
    }
    await this.#applyOptions()
    node.on('peer:removed', ({ peer, error }) => {
      if (isMisdeed(error) && !peer.trusted) this.discourage(peer)
    })
  }

  // Bans hold even where they can't be kept.
  async #applyOptions(): Promise<void> {
    const { ban = [], unban = [] } = this.#options
    try {
      for (const target of unban) await this.unban(target)
      for (const target of ban) await this.ban(target)
    } catch (error) {
      this.#log.log('error', 'Bans could not be kept', { err: causeText(error) })
    }
  }

  async stop(): Promise<void> {
    await this.#keeper?.close()
  }

  inspect(): unknown {
    return { bans: this.bans, discouraged: this.#discouraged.size }
  }

  judge({ publicKey, address }: Subject): Verdict | undefined {
    const key = publicKey && toHex(publicKey)
    const nowMs = this.#clock?.wallNow() ?? 0
    if (this.#bans.size > 0 && this.#bans.holds(key, address, nowMs)) return 'banned'
    if (this.#discouraged.size === 0) return undefined
    const isKnown = (key && this.#discouraged.has(key)) || (address && this.#discouraged.has(placeOf(address)))
    return isKnown ? 'discouraged' : undefined
  }

  discourage(peer: Peer): void {
    const { direction, remoteAddress, endpoint, publicKey } = peer
    this.#remember(toHex(publicKey))
    // Behind one relay or on this network there are many; there a key has to do.
    if (direction === 'outbound' && endpoint) this.#remember(placeOf(formatEndpoint(endpoint)))
    else if (prefixOf(remoteAddress) !== undefined) this.#remember(placeOf(remoteAddress))
    this.#log.log('debug', 'Peer discouraged', { peer: String(peer) })
  }

  async ban(target: Uint8Array | string, options: BanOptions = {}): Promise<void> {
    const { forMs = Infinity, reason = '' } = checkOptions('ban', options, { forMs: 'bound', reason: 'text' })
    const nowMs = this.#clock?.wallNow() ?? 0
    const untilMs = forMs === Infinity ? null : nowMs + forMs
    const ban = this.#bans.add({ target: textOf(target), untilMs, reason })
    this.#log.log('info', 'Banned', { target: ban.target, until: untilMs ?? 'lifted', reason })
    this.#endBanned()
    await this.#keeper?.save()
  }

  async unban(target: Uint8Array | string): Promise<boolean> {
    if (!this.#bans.remove(textOf(target))) return false
    this.#context?.node.wake()
    await this.#keeper?.save()
    return true
  }

  #endBanned(): void {
    for (const peer of this.#context?.node.peers ?? []) {
      const { publicKey, remoteAddress, endpoint } = peer
      // Where it was dialed may be a name, and where it is, an address.
      const places = endpoint ? [remoteAddress, formatEndpoint(endpoint)] : [remoteAddress]
      const isBanned = places.some((address) => this.judge({ publicKey, address }) === 'banned')
      if (isBanned && !peer.trusted) peer.disconnect(DiscReason.uselessPeer, 'banned')
    }
  }

  get #log(): Logger | { log(): void } {
    return this.#context?.logger ?? { log: () => undefined }
  }

  #remember(key: string): void {
    this.#discouraged.delete(key)
    this.#discouraged.add(key)
    if (this.#discouraged.size <= MAX_DISCOURAGED) return
    for (const oldest of this.#discouraged) {
      this.#discouraged.delete(oldest)
      break
    }
  }
}

function textOf(target: Uint8Array | string): string {
  return typeof target === 'string' ? target : toHex(target)
}

// A place that was dialed is its whole endpoint, since many share a relay's host; whoever came in is a host.
function placeOf(address: string): string {
  return address.includes('://') ? address : hostOf(address)
}
