// When a page may be gone without another word: it is hidden, or left.

/** Calls back at such moments; the answer ends that. In a worker there are none. */
export function onLeaving(call: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') call()
  }
  // Phones tell the first alone of pages that are swiped away, and pages that are hidden already the second.
  document.addEventListener('visibilitychange', hidden)
  addEventListener('pagehide', call)
  return () => {
    document.removeEventListener('visibilitychange', hidden)
    removeEventListener('pagehide', call)
  }
}
