// The levels that `--log-level` takes.
import type { LogLevel } from '@peerwire/core'

export type { LogLevel }

/** From most to least talkative. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']
