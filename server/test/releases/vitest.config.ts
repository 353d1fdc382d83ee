import { defineConfig } from 'vitest/config'
import tests from '../../../vitest.config.ts'

/** For `scripts/keep-release.mjs`: runs what makes a release's data, with all that tests have at hand. */
export default defineConfig({ ...tests, test: { ...tests.test, include: ['server/test/releases/keep.ts'] } })
