import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** What an attempt signed, and when the next one was due after it. */
export const attemptDetails: Migration = {
  name: '0018-attempt-details',
  sqlite: [
    `ALTER TABLE attempts ADD COLUMN signed_at INTEGER`,
    `ALTER TABLE attempts ADD COLUMN signed_sha256 TEXT`,
    `ALTER TABLE attempts ADD COLUMN next_due_at INTEGER`,
  ],
  postgres: [
    `ALTER TABLE attempts ADD COLUMN signed_at bigint, ADD COLUMN signed_sha256 ${text}, ADD COLUMN next_due_at bigint`,
  ],
}
