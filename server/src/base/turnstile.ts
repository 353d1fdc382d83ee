/**
 * Lets one piece of work through each millisecond, in the order in which they come. What comes all at once, such as the ends
 * of hundreds of requests that began together, holds up nobody else.
 */
export interface Turnstile {
  pass(work: () => void): void
}

export function createTurnstile(): Turnstile {
  const waiting: (() => void)[] = []
  let isShut = false

  function shut(): void {
    isShut = true
    setTimeout(() => {
      isShut = false
      const next = waiting.shift()
      if (!next) return
      shut()
      next()
    }, 1)
  }

  return {
    pass(work) {
      if (isShut) {
        waiting.push(work)
        return
      }
      shut()
      work()
    },
  }
}
