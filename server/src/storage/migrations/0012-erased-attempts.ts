import type { Migration } from './migration.ts'

/** When the answer that an attempt had was removed. */
export const erasedAttempts: Migration = {
  name: '0012-erased-attempts',
  sqlite: [`ALTER TABLE attempts ADD COLUMN erased_at INTEGER`],
  postgres: [`ALTER TABLE attempts ADD COLUMN erased_at bigint`],
}
