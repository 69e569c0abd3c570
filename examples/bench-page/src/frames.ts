// Watches how long the page stands still between two frames.

export interface FrameWatch {
  /** Ends it; the longest time between two frames, in ms. */
  end(): Promise<number>
}

/** Begins with the next frame. */
export async function watchFrames(): Promise<FrameWatch> {
  let last = await nextFrame()
  let longest = 0
  let ended = false
  const watching = (async () => {
    while (!ended) {
      const now = await nextFrame()
      longest = Math.max(longest, now - last)
      last = now
    }
    return longest
  })()
  return {
    end: () => {
      ended = true
      return watching
    },
  }
}

// By the clock and not by the frame's own time, which a page that stood still gets in steps of the display's.
function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())))
}
