import { defineConfig } from 'vitest/config'

const conditions = ['trunkline-source', 'module', 'node', 'default']

/** Beside the code: quick, and enough while working on it. */
const quick = ['*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts']
/** The whole server in real processes, and the examples as a user would run them. */
const whole = ['server/test/**/*.test.ts', 'examples/**/*.test.ts']
const proofs = 'server/test/prove/**/*.test.ts'

// Set by scripts/test.mjs; without it everything but the proofs.
const scope = process.env.TRUNKLINE_TESTS
const isProof = scope === 'prove'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: isProof ? [proofs] : scope === 'quick' ? quick : [...quick, ...whole],
    exclude: ['**/node_modules/**', '**/dist/**', ...(isProof ? [] : [proofs])],
    globalSetup: 'server/test/shared-postgres.ts',
    setupFiles: 'server/test/property-seed.ts',
    // Two cores: more workers than that only make every timing test noisier. Each proof wants both for itself.
    maxWorkers: isProof ? 1 : 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
