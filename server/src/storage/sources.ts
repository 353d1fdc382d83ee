import { type Kysely, sql } from 'kysely'
import type { Source, SourceStore } from '../inbound/source-store.ts'
import { changed } from './rows.ts'
import { sourceClaims } from './source-claims.ts'
import { sourceRoutes } from './source-routes.ts'
import { rateLimitColumn, toRow, toSource } from './source-rows.ts'
import { readSourceVersion, touchSource } from './source-version.ts'
import type { SourceRow, Tables } from './tables.ts'

export function sourceStore(db: Kysely<Tables>): SourceStore {
  const of = (workspaceId: string, id: string) =>
    db.selectFrom('sources').selectAll().where('workspace_id', '=', workspaceId).where('id', '=', id)
  return {
    ...sourceClaims(db),
    ...sourceRoutes(db),
    async read(workspaceId, id) {
      return fromRow(await of(workspaceId, id).executeTakeFirst())
    },
    async byId(id) {
      return fromRow(await db.selectFrom('sources').selectAll().where('id', '=', id).executeTakeFirst())
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
    async formerSecrets(workspaceId, id) {
      const row = await db
        .selectFrom('former_secrets')
        .select('sealed')
        .where('source_id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return row?.sealed
    },
    async ofKind(workspaceId, kind, limit) {
      const rows = await db
        .selectFrom('sources')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('kind', '=', kind)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toSource)
    },
    version: () => readSourceVersion(db),
    async insert(source) {
      await touchSource(db, source.id)
      await db.insertInto('sources').values(toRow(source)).execute()
    },
    async update(workspaceId, id, changes, now) {
      await touchSource(db, id)
      const columns = changed({
        name: changes.name,
        sealed_secrets: changes.sealedSecrets,
        config: changes.config,
        is_enabled: changes.isEnabled === undefined ? undefined : Number(changes.isEnabled),
        holding: holdingAfter(changes.isPaused),
        rate_limit: changes.rateLimit === undefined ? undefined : rateLimitColumn(changes.rateLimit),
      })
      const query = db
        .updateTable('sources')
        .set({ ...columns, updated_at: now })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
      const source = fromRow(await query.returningAll().executeTakeFirst())
      if (source && changes.formerSecrets !== undefined) await keepFormer(db, source, changes.formerSecrets)
      return source
    },
    async replaceSecrets(workspaceId, id, { before, after, former }, now) {
      await touchSource(db, id)
      const query = db
        .updateTable('sources')
        .set({ sealed_secrets: after, updated_at: now })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('sealed_secrets', '=', before)
      const source = fromRow(await query.returningAll().executeTakeFirst())
      if (source) await keepFormer(db, source, former)
      return source
    },
    async remove(workspaceId, id) {
      await touchSource(db, id)
      const result = await db
        .deleteFrom('sources')
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst()
      if (result.numDeletedRows === 0n) return false
      for (const table of ofSource) {
        await db.deleteFrom(table).where('source_id', '=', id).execute()
      }
      return true
    },
    async held(workspaceId, ids) {
      if (ids.length === 0) return []
      const rows = await db
        .selectFrom('held_events')
        .innerJoin('sources', 'sources.id', 'held_events.source_id')
        .where('sources.workspace_id', '=', workspaceId)
        .where('held_events.source_id', 'in', ids)
        // A held request has its first event here, whatever number of them.
        .where('held_events.n', '=', 0)
        .groupBy('held_events.source_id')
        .select(['held_events.source_id', (eb) => eb.fn.countAll<number>().as('requests')])
        .execute()
      return rows.map((row) => ({ sourceId: row.source_id, requests: Number(row.requests) }))
    },
    async holds(sourceId) {
      const row = await db
        .selectFrom('held_events')
        .select('request_id')
        .where('source_id', '=', sourceId)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
    async releasing(limit) {
      const rows = await db
        .selectFrom('sources')
        .select('id')
        // Written out, so that the planner sees that the index of exactly these serves.
        .where(sql<boolean>`holding = 2`)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
    async hasWorkspace(id) {
      return (await db.selectFrom('workspaces').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
    },
  }
}

/** Tables that have rows of a source, which go with it. */
const ofSource = ['source_claims', 'source_origins', 'source_routes', 'unknown_routes', 'former_secrets'] as const

async function keepFormer(db: Kysely<Tables>, { id, workspaceId }: Source, sealed: string): Promise<void> {
  await db
    .insertInto('former_secrets')
    .values({ source_id: id, workspace_id: workspaceId, sealed })
    .onConflict((conflict) => conflict.column('source_id').doUpdateSet({ sealed }))
    .execute()
}

/** What was paused is released; what is not paused stays as it is. */
function holdingAfter(isPaused: boolean | undefined) {
  if (isPaused === undefined) return undefined
  return isPaused ? sql<number>`1` : sql<number>`CASE WHEN holding = 1 THEN 2 ELSE holding END`
}

const fromRow = (row: SourceRow | undefined): Source | undefined => (row ? toSource(row) : undefined)
