/** So many requests at once, and so many again in each period. */
export interface RateLimit {
  requests: number
  perSeconds: number
}

/** The largest limits that can be set. */
export const mostRequests = 1_000_000
export const mostSeconds = 86_400

/** Reads `<requests>` a second or `<requests>/<seconds>`; undefined when it is neither, or out of bounds. */
export function readRateLimit(text: string): RateLimit | undefined {
  const [, requests = '', perSeconds = '1'] = /^(\d{1,7})(?:\/(\d{1,5}))?$/.exec(text) ?? []
  const limit = { requests: Number(requests), perSeconds: Number(perSeconds) }
  const isIn = (n: number, most: number) => n >= 1 && n <= most
  return isIn(limit.requests, mostRequests) && isIn(limit.perSeconds, mostSeconds) ? limit : undefined
}
