import type { Kysely } from 'kysely'
import type { Credential } from '../access/credential.ts'
import type { CredentialStore } from '../access/credential-store.ts'
import type { Scope } from '../access/scope.ts'
import type { CredentialRow, Tables } from './tables.ts'

export function credentialStore(db: Kysely<Tables>): CredentialStore {
  const of = (workspaceId: string) => db.selectFrom('credentials').selectAll().where('workspace_id', '=', workspaceId)
  return {
    async byHash(keyHash) {
      const row = await db.selectFrom('credentials').selectAll().where('key_hash', '=', keyHash).executeTakeFirst()
      return row && toCredential(row)
    },
    async read(workspaceId, id) {
      const row = await of(workspaceId).where('id', '=', id).executeTakeFirst()
      return row && toCredential(row)
    },
    async list(workspaceId, { customer }, { after, limit }) {
      let query = of(workspaceId).orderBy('id', 'desc').limit(limit)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (after !== null) query = query.where('id', '<', after)
      return (await query.execute()).map(toCredential)
    },
    async hasAny() {
      return (
        (await db.selectFrom('credentials').select('id').where('revoked_at', 'is', null).limit(1).execute()).length > 0
      )
    },
    async insert(credential) {
      await db.insertInto('credentials').values(toRow(credential)).execute()
    },
    async insertFirst(credential) {
      // The unique index on the origin decides between two processes that start at once.
      const inserted = await db
        .insertInto('credentials')
        .values(toRow(credential))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return inserted.length > 0
    },
    async insertUnlessThere(credential) {
      const row = toRow(credential)
      await db
        .insertInto('credentials')
        .values(row)
        // A key that was made through the API and is the variable's now follows it: its end and its bounds are gone. The first
        // one stays what it is, or it would go with the variable, and with it the last way in.
        .onConflict((conflict) =>
          conflict.column('key_hash').doUpdateSet((eb) => ({
            ...standing(row),
            origin: eb.case().when('credentials.origin', '=', 'first').then('first').else(row.origin).end(),
          })),
        )
        .execute()
    },
    async revokeOthers(origin, keyHash, now) {
      let query = db
        .updateTable('credentials')
        .set({ revoked_at: now })
        .where('origin', '=', origin)
        .where('revoked_at', 'is', null)
      if (keyHash !== null) query = query.where('key_hash', '!=', keyHash)
      await query.execute()
    },
    async revoke(workspaceId, id, now) {
      await db
        .updateTable('credentials')
        .set({ revoked_at: now })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .execute()
    },
    async hasOtherMaker(workspaceId, id) {
      const makers = await of(workspaceId)
        .where('id', '!=', id)
        .where('revoked_at', 'is', null)
        .where('expires_at', 'is', null)
        .where('customer', 'is', null)
        .where('scopes', 'like', '%"keys.write"%')
        .limit(1)
        .execute()
      return makers.length > 0
    },
  }
}

/** All of a key but who it is. */
const standing = ({ id: _, key_hash: __, preview: ___, created_at: ____, ...rest }: CredentialRow) => rest

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    name: row.name,
    keyHash: row.key_hash,
    preview: row.preview,
    scopes: JSON.parse(row.scopes) as Scope[],
    origin: row.origin as Credential['origin'],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}

function toRow(credential: Credential): CredentialRow {
  return {
    id: credential.id,
    workspace_id: credential.workspaceId,
    customer: credential.customer,
    name: credential.name,
    key_hash: credential.keyHash,
    preview: credential.preview,
    scopes: JSON.stringify(credential.scopes),
    origin: credential.origin,
    created_at: credential.createdAt,
    expires_at: credential.expiresAt,
    revoked_at: credential.revokedAt,
  }
}
