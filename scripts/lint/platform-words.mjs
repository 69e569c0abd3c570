// Words that tie a source to one platform, to the wall clock or to chance, and where each may still stand.

/** Only in files named `*.node.ts`. */
const NODE = ['Buffer', 'process', 'require', '__dirname', '__filename', 'global', 'setImmediate', 'clearImmediate']

/** Only in files named `*.node.ts` or `*.browser.ts`. */
const PAGE = [
  'window',
  'document',
  'self',
  'navigator',
  'location',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'WebSocket',
  'XMLHttpRequest',
  'fetch',
]

/** Only in the rooms `base` and `testing`: everything else takes a Clock and a Random. */
const TIME_AND_CHANCE = [
  'Date',
  'performance',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'requestAnimationFrame',
  'crypto',
]

/** Only in `base`: these differ in their last bits between engines. */
const INEXACT_MATH = new Set(
  'acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10 log1p log2 pow sin sinh tan tanh'.split(
    ' ',
  ),
)

/**
 * What a file may not say.
 *
 * @param {string} room - the room of the core, `.` for its entry or for another package
 * @param {'node' | 'browser' | undefined} platform - of files named `*.node.ts` or `*.browser.ts`
 */
export function forbiddenWords(room, platform) {
  const keepsTime = room === 'base' || room === 'testing'
  const platforms = { node: [], browser: NODE, undefined: [...NODE, ...PAGE] }
  const globals = [...platforms[platform], ...(keepsTime ? [] : TIME_AND_CHANCE)]
  const math = new Set(room === 'base' ? [] : INEXACT_MATH)
  if (!keepsTime) math.add('random')
  return { globals: new Set(globals), math, powers: room !== 'base' }
}
