import type { Migration } from './migration.ts'

/** From when on a key is out of force by itself; null for one that stays until it is revoked. */
export const credentialExpiry: Migration = {
  name: '0033-credential-expiry',
  sqlite: [`ALTER TABLE credentials ADD COLUMN expires_at INTEGER`],
  postgres: [`ALTER TABLE credentials ADD COLUMN expires_at bigint`],
}
