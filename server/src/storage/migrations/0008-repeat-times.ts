import type { Migration } from './migration.ts'

/** When an event was repeated: the first time, and the latest ones, newest first, each in thirteen digits. */
export const repeatTimes: Migration = {
  name: '0008-repeat-times',
  sqlite: [
    `ALTER TABLE dedupe_keys ADD COLUMN first_repeated_at INTEGER`,
    `ALTER TABLE dedupe_keys ADD COLUMN repeat_times TEXT`,
  ],
  postgres: [`ALTER TABLE dedupe_keys ADD COLUMN first_repeated_at bigint, ADD COLUMN repeat_times text COLLATE "C"`],
}
