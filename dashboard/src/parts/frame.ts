/** However often it is asked for, it is drawn at most this often. */
const gapMs = 100

/** Draws in the next frame, once for all that asked for it; not while nobody looks. */
export function drawnInFrames(draw: () => void): { request(): void; stop(): void } {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let drawnAt = 0
  const inFrame = () => {
    timer = undefined
    frame = requestAnimationFrame((now) => {
      frame = undefined
      drawnAt = now
      draw()
    })
  }
  return {
    request() {
      if (frame !== undefined || timer !== undefined) return
      const waitMs = drawnAt + gapMs - performance.now()
      if (waitMs <= 0) inFrame()
      else timer = setTimeout(inFrame, waitMs)
    },
    stop() {
      clearTimeout(timer)
      if (frame !== undefined) cancelAnimationFrame(frame)
    },
  }
}
