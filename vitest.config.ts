import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['development', 'module', 'node', 'default'] },
  ssr: { resolve: { conditions: ['development', 'module', 'node', 'default'] } },
  test: {
    include: ['*/src/**/*.test.ts', 'server/test/**/*.test.ts', 'scripts/**/*.test.ts', 'examples/**/*.test.ts'],
    // Two cores: more workers than that only make every timing test noisier.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
