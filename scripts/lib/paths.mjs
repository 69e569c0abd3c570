// Where things lie in the repository.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Things that were fetched or built once and are not part of the repository. */
export const cacheDir = join(root, '.cache')

/** @param {...string} parts - path inside the repository */
export function inRoot(...parts) {
  return join(root, ...parts)
}
