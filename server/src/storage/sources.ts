import type { Kysely } from 'kysely'
import type { Source, SourceStore } from '../inbound/source-store.ts'
import { changed } from './rows.ts'
import type { SourceRow, Tables } from './tables.ts'

export function sourceStore(db: Kysely<Tables>): SourceStore {
  const of = (workspaceId: string, id: string) =>
    db.selectFrom('sources').selectAll().where('workspace_id', '=', workspaceId).where('id', '=', id)
  return {
    async read(workspaceId, id) {
      return fromRow(await of(workspaceId, id).executeTakeFirst())
    },
    async list(workspaceId, { after, limit }) {
      let query = db
        .selectFrom('sources')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('id', 'desc')
        .limit(limit)
      if (after !== null) query = query.where('id', '<', after)
      return (await query.execute()).map(toSource)
    },
    async byKey(key) {
      return fromRow(await db.selectFrom('sources').selectAll().where('key', '=', key).executeTakeFirst())
    },
    async insert(source) {
      await db.insertInto('sources').values(toRow(source)).execute()
    },
    async update(workspaceId, id, changes, now) {
      const columns = changed({
        name: changes.name,
        sealed_secrets: changes.sealedSecrets,
        config: changes.config,
        is_enabled: changes.isEnabled === undefined ? undefined : Number(changes.isEnabled),
      })
      const query = db
        .updateTable('sources')
        .set({ ...columns, updated_at: now })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
      return fromRow(await query.returningAll().executeTakeFirst())
    },
    async remove(workspaceId, id) {
      const result = await db
        .deleteFrom('sources')
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst()
      return result.numDeletedRows > 0n
    },
  }
}

const fromRow = (row: SourceRow | undefined): Source | undefined => (row ? toSource(row) : undefined)

function toSource(row: SourceRow): Source {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    kind: row.kind,
    name: row.name,
    key: row.key,
    sealedSecrets: row.sealed_secrets,
    config: row.config,
    isEnabled: row.is_enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toRow(source: Source): SourceRow {
  return {
    id: source.id,
    workspace_id: source.workspaceId,
    customer: source.customer,
    kind: source.kind,
    name: source.name,
    key: source.key,
    sealed_secrets: source.sealedSecrets,
    config: source.config,
    is_enabled: Number(source.isEnabled),
    created_at: source.createdAt,
    updated_at: source.updatedAt,
  }
}
