import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** A key may be bound to one customer; and keys are listed. There are few of them. */
export const credentialCustomer: Migration = {
  name: '0021-credential-customer',
  sqlite: [
    `ALTER TABLE credentials ADD COLUMN customer TEXT`,
    `CREATE INDEX credentials_of_workspace ON credentials (workspace_id, id)`,
  ],
  postgres: [
    `ALTER TABLE credentials ADD COLUMN customer ${text}`,
    `CREATE INDEX credentials_of_workspace ON credentials (workspace_id, id)`,
  ],
}
