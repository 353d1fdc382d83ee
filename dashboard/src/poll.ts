/** Does something again and again, never twice at once, and not while nobody looks. */
export interface Poll {
  /** At once, or right after what is under way. */
  now(): void
  stop(): void
}

export function poll(work: () => Promise<void>, everyMs: () => number): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false
  let isWanted = false
  let isStopped = false
  const run = async () => {
    clearTimeout(timer)
    if (isRunning) {
      isWanted = true
      return
    }
    isRunning = true
    try {
      do {
        isWanted = false
        await work()
      } while (isWanted && !isStopped)
    } finally {
      // A fault in one reading must not be the end of all.
      isRunning = false
      if (!isStopped && !document.hidden) timer = setTimeout(run, everyMs())
    }
  }
  const look = () => {
    if (!document.hidden) void run()
  }
  document.addEventListener('visibilitychange', look)
  void run()
  return {
    now: () => void run(),
    stop() {
      isStopped = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    },
  }
}
