/** A seed that is printed, so that a run that failed can be had again with TRUNKLINE_SEED. */
export function drawSeed(what: string): number {
  const seed = Number(process.env.TRUNKLINE_SEED) || Math.floor(Math.random() * 2 ** 31)
  console.log(`${what}: TRUNKLINE_SEED=${seed}`)
  return seed
}

/** Numbers in [0, 1), always the same ones from the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed
  // mulberry32: https://github.com/cprosche/mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Numbers in [0, 1) from a seed that is drawn and printed. */
export const seededRandom = (what: string): (() => number) => randomFrom(drawSeed(what))
