// Starts plugins before the first peer and stops them after the last message, in bounded time.
import { abortable } from '../base/abort.ts'
import { causeText } from '../errors/peer-error.ts'
import type { Settings } from './options.ts'
import type { Plugin, PluginContext } from './plugin.ts'

/**
 * Starts plugins one after another, in the order given. `begun` gets those that have to be stopped: whose start was
 * called, though it may have failed, or not be done when the node closes.
 *
 * @throws {Error} naming the plugin that failed
 */
export async function runPlugins(
  plugins: readonly Plugin[],
  context: PluginContext,
  begun: Set<Plugin>,
): Promise<void> {
  for (const plugin of plugins) {
    begun.add(plugin)
    try {
      await abortable(Promise.resolve(plugin.start?.(context)), context.signal)
    } catch (error) {
      if (context.signal.aborted) return
      throw new Error(`plugin ${plugin.name} failed to start: ${causeText(error)}`, { cause: error })
    }
  }
}

/** Stops plugins, the last first; each gets its own `stopMs`, and none holds up another's turn. */
export async function stopPlugins(
  plugins: Iterable<Plugin>,
  { clock, limits }: Settings,
  report: (name: string, error: unknown) => void,
): Promise<void> {
  await Promise.all(
    [...plugins].reverse().map(async (plugin) => {
      const { stopMs = limits.closeMs } = plugin
      const bound = new AbortController()
      const timer = clock.setTimer(stopMs, () => bound.abort(new Error(`not stopped within ${stopMs} ms`)))
      try {
        await abortable(Promise.resolve(plugin.stop?.()), bound.signal)
      } catch (error) {
        report(plugin.name, error)
      }
      timer.cancel()
    }),
  )
}
