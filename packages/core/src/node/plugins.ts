// What a node with plugins or a storage needs, as one file to load: they start before the first peer, and stop after
// the last message, in bounded time.
import { abortable } from '../base/abort.ts'
import { shortKey } from '../base/bytes.ts'
import type { Storage } from '../base/storage.ts'
import { thrownFields } from '../index.ts'
import type { Dials } from './dials.ts'
import type { Node } from './node.ts'
import type { Settings } from './options.ts'
import type { Plugin, PluginContext } from './plugin.ts'
import { within } from './within.ts'

export interface PluginsHost {
  readonly node: Node
  readonly settings: Settings
  readonly dials: Dials
  /** Aborts when the node closes. */
  readonly signal: AbortSignal
  note(message: string, error: unknown): void
}

export class Plugins {
  readonly #host: PluginsHost
  /** Those that have to be stopped: whose start was called, though it may have failed, or not be done. */
  readonly #begun: Plugin[] = []
  /** Gives back the storage, which is ours while we run. */
  #release: (() => Promise<void>) | undefined

  constructor(host: PluginsHost) {
    this.#host = host
  }

  /** Claims the storage, and starts plugins one after another. @throws {Error} naming the plugin that failed */
  async start(): Promise<void> {
    const { node, settings, signal } = this.#host
    const release = await settings.storage?.claim?.(`node ${shortKey(node.publicKey)}`)
    if (signal.aborted) return await release?.()
    this.#release = release
    const context = contextOf(this.#host, this.#storage())
    for (const plugin of settings.plugins) {
      this.#begun.push(plugin)
      try {
        await abortable(Promise.resolve(plugin.start?.(context)), signal)
      } catch (error) {
        if (signal.aborted) return
        const { err } = thrownFields(error)
        throw new Error(`plugin ${plugin.name} failed to start: ${err}`, { cause: error })
      }
    }
  }

  // What keeps nothing is as good as none, and its user shall know.
  #storage(): Storage | undefined {
    const { storage, logger } = this.#host.settings
    if (storage?.without === undefined) return storage
    logger.log('warn', 'Nothing is kept', { reason: storage.without })
    return undefined
  }

  /** The listeners stand. */
  async listening(): Promise<void> {
    const { settings, signal } = this.#host
    for (const plugin of settings.plugins) if (!signal.aborted) await plugin.listening?.()
  }

  /** Stops them, the last first; each gets its own `stopMs`, and none holds up another's turn. */
  async stop(): Promise<void> {
    const { settings, note } = this.#host
    await Promise.all(
      this.#begun.toReversed().map(async (plugin) => {
        const { stopMs = settings.limits.closeMs } = plugin
        try {
          await within(settings.clock, stopMs, Promise.resolve(plugin.stop?.()))
        } catch (error) {
          note(`plugin ${plugin.name} failed to stop`, error)
        }
      }),
    )
  }

  /** Gives back the storage, in bounds. */
  async release(): Promise<void> {
    const { clock, limits } = this.#host.settings
    await within(clock, limits.closeMs, Promise.resolve(this.#release?.())).catch(() => undefined)
  }
}

function contextOf({ node, settings, dials, signal }: PluginsHost, storage: Storage | undefined): PluginContext {
  const { clock, random, crypto, logger, judge, places, transports } = settings
  return {
    node,
    clock,
    random,
    crypto,
    logger,
    storage,
    keep: async (form) => {
      const { keep } = await import('../keeping/keep.ts')
      return await keep(form, { storage, clock, logger })
    },
    places,
    names: [
      ...settings.offers.map(({ protocol }) => protocol.name),
      ...settings.plugins.flatMap(({ kinds = [] }) => kinds.map(({ name }) => name)),
    ],
    stated: () => settings.plugins.map((plugin) => plugin.stated?.()).filter((host) => host !== undefined),
    canDial: (endpoint) => transports.some((transport) => transport.canDial(endpoint)),
    judge,
    probe: async (address, options) => {
      const { probe } = await import('./probe.ts')
      await probe(dials, address, options?.signal)
    },
    signal,
  }
}
