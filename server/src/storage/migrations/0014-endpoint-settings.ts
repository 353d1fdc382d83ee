import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** How an endpoint wants its deliveries: what is left out is what every endpoint had before. */
export const endpointSettings: Migration = {
  name: '0014-endpoint-settings',
  sqlite: [
    `ALTER TABLE endpoints ADD COLUMN name TEXT NOT NULL DEFAULT ''`,
    `ALTER TABLE endpoints ADD COLUMN resource_types TEXT`,
    `ALTER TABLE endpoints ADD COLUMN filter TEXT`,
    `ALTER TABLE endpoints ADD COLUMN sealed_headers TEXT`,
    `ALTER TABLE endpoints ADD COLUMN retry TEXT`,
    `ALTER TABLE endpoints ADD COLUMN timeout_ms INTEGER`,
    `ALTER TABLE endpoints ADD COLUMN rate_limit TEXT`,
    `ALTER TABLE endpoints ADD COLUMN ordering TEXT NOT NULL DEFAULT 'none'`,
    `ALTER TABLE endpoints ADD COLUMN metadata TEXT`,
    `ALTER TABLE endpoints ADD COLUMN signatures TEXT`,
    `ALTER TABLE endpoints ADD COLUMN former_secrets TEXT`,
    `ALTER TABLE endpoints ADD COLUMN sealed_tls TEXT`,
    `ALTER TABLE endpoints ADD COLUMN verified_at INTEGER`,
  ],
  postgres: [
    `ALTER TABLE endpoints ADD COLUMN name ${text} NOT NULL DEFAULT '', ADD COLUMN resource_types ${text},
       ADD COLUMN filter ${text}, ADD COLUMN sealed_headers ${text}, ADD COLUMN retry ${text}, ADD COLUMN timeout_ms integer,
       ADD COLUMN rate_limit ${text}, ADD COLUMN ordering ${text} NOT NULL DEFAULT 'none', ADD COLUMN metadata ${text},
       ADD COLUMN signatures ${text}, ADD COLUMN former_secrets ${text}, ADD COLUMN sealed_tls ${text},
       ADD COLUMN verified_at bigint`,
  ],
}
