// When a page may be gone without another word: it is hidden, or left.

const LEAVING = ['pagehide', 'beforeunload']

/** Calls back at such moments; the answer ends that. In a worker there are none. */
export function onLeaving(call: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') call()
  }
  // The first is all that phones tell of pages that are swiped away. After the second a page is gone before a write is
  // done, one time in four; the third comes before the browser has left for elsewhere. Where that keeps a page from
  // being kept for the way back, its WebSockets do so anyway.
  document.addEventListener('visibilitychange', hidden)
  for (const event of LEAVING) addEventListener(event, call)
  return () => {
    document.removeEventListener('visibilitychange', hidden)
    for (const event of LEAVING) removeEventListener(event, call)
  }
}
