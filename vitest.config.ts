import { defineConfig } from 'vitest/config'

const conditions = ['trunkline-source', 'module', 'node', 'default']

/** Beside the code: enough while working on it, without those that take seconds, a PostgreSQL or processes of their own. */
const beside = ['*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts']
const slow = '**/*.slow.test.ts'
/** The whole server in real processes, and the examples as a user would run them. */
const whole = ['server/test/**/*.test.ts', 'examples/**/*.test.ts']
const proofs = 'server/test/prove/**/*.test.ts'

// Set by scripts/test.mjs; without it everything but the proofs.
const scope = process.env.TRUNKLINE_TESTS
const isProof = scope === 'prove'

const shared = {
  setupFiles: 'server/test/property-seed.ts',
  // Two cores: more workers than that only make every timing test noisier. Each proof wants both for itself.
  maxWorkers: isProof ? 1 : 2,
  testTimeout: 20_000,
  hookTimeout: 60_000,
}

/** Reading the modules anew for each file took a minute. So these leave nothing behind in a module, or in `process`. */
const besideCode = {
  ...shared,
  name: 'beside',
  include: beside,
  exclude: ['**/node_modules/**', '**/dist/**', ...(scope === 'quick' ? [slow] : [])],
  isolate: false,
}

/** The servers that one of these files shares end with its process. */
const realProcesses = {
  ...shared,
  name: isProof ? 'proofs' : 'whole',
  include: isProof ? [proofs] : whole,
  exclude: ['**/node_modules/**', '**/dist/**', ...(isProof ? [] : [proofs])],
}

const parts = isProof ? [realProcesses] : scope === 'quick' ? [besideCode] : [besideCode, realProcesses]

export default defineConfig({
  test: {
    globalSetup: ['server/test/shared-postgres.ts', 'server/test/bundled-entries.ts'],
    maxWorkers: shared.maxWorkers,
    projects: parts.map((test) => ({ resolve: { conditions }, ssr: { resolve: { conditions } }, test })),
  },
})
