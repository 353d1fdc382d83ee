/** How much of what was refused is kept. Each bound holds by itself. */
export interface QuarantineBounds {
  /** What one sender network may hold of one source. */
  network: Room
  /** What one source may hold. */
  source: Room
  /** What all sources together may hold. */
  serverBytes: number
  /** How long it is kept, in milliseconds. */
  ageMs: number
}

export interface Room {
  requests: number
  bytes: number
}

const mib = 1024 * 1024

/** The bounds unless the operator sets others. */
export const usualBounds: QuarantineBounds = {
  network: { requests: 1000, bytes: 8 * mib },
  source: { requests: 100_000, bytes: 128 * mib },
  serverBytes: 1024 * mib,
  ageMs: 7 * 24 * 60 * 60 * 1000,
}
