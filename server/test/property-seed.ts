import fc from 'fast-check'

// `npm test` sets the seed, so that the same code has the same result; without it each run searches elsewhere.
const seed = Number(process.env.TRUNKLINE_SEED)
if (seed) fc.configureGlobal({ seed })
