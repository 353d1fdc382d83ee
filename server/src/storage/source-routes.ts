import { randomInt } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { SourceRoute, SourceStore, UnknownSighting } from '../inbound/source-store.ts'
import { touchSource } from './source-version.ts'
import type { SourceRouteRow, Tables } from './tables.ts'

type RouteMethods =
  | 'routes'
  | 'listRoutes'
  | 'unknownRoutes'
  | 'countRoutes'
  | 'putRoute'
  | 'removeRoute'
  | 'noteUnknown'

/** Whose the events of a source are. */
export function sourceRoutes(db: Kysely<Tables>): Pick<SourceStore, RouteMethods> {
  const of = (sourceId: string) => db.selectFrom('source_routes').selectAll().where('source_id', '=', sourceId)
  // The way in keeps a source's routes in memory for as long as this number stands. It is drawn, not counted: a count
  // that was rolled back would come again, with other routes.
  const touch = (sourceId: string) =>
    db
      .updateTable('sources')
      .set({ routes_version: randomInt(1, 2 ** 47) })
      .where('id', '=', sourceId)
      .execute()
  const isOf = async (workspaceId: string, sourceId: string) =>
    (await db
      .selectFrom('sources')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', sourceId)
      .executeTakeFirst()) !== undefined
  return {
    async routes(sourceId) {
      return (await of(sourceId).execute()).map(toRoute)
    },
    async listRoutes(workspaceId, sourceId, { after, limit }) {
      if (!(await isOf(workspaceId, sourceId))) return []
      let query = of(sourceId).orderBy('route').limit(limit)
      if (after !== null) query = query.where('route', '>', after)
      return (await query.execute()).map(toRoute)
    },
    async unknownRoutes(workspaceId, sourceId, limit) {
      if (!(await isOf(workspaceId, sourceId))) return []
      const rows = await db
        .selectFrom('unknown_routes')
        .selectAll()
        .where('source_id', '=', sourceId)
        .orderBy('last_seen_at', 'desc')
        .orderBy('route')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        route: row.route,
        count: row.count,
        firstSeenAt: row.first_seen_at,
        lastSeenAt: row.last_seen_at,
      }))
    },
    async countRoutes(sourceId) {
      const row = await db
        .selectFrom('source_routes')
        .where('source_id', '=', sourceId)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
    async putRoute(sourceId, { route, workspaceId, customer, createdAt, updatedAt }) {
      await touchSource(db, sourceId)
      const destination = { workspace_id: workspaceId, customer, updated_at: updatedAt }
      const row = await db
        .insertInto('source_routes')
        .values({ source_id: sourceId, route, created_at: createdAt, ...destination })
        .onConflict((conflict) => conflict.columns(['source_id', 'route']).doUpdateSet(destination))
        .returningAll()
        .executeTakeFirstOrThrow()
      await db.deleteFrom('unknown_routes').where('source_id', '=', sourceId).where('route', '=', route).execute()
      await touch(sourceId)
      return toRoute(row)
    },
    async removeRoute(sourceId, route) {
      await touchSource(db, sourceId)
      const { numDeletedRows } = await db
        .deleteFrom('source_routes')
        .where('source_id', '=', sourceId)
        .where('route', '=', route)
        .executeTakeFirst()
      if (numDeletedRows > 0n) await touch(sourceId)
      return numDeletedRows > 0n
    },
    async noteUnknown(sightings, keep) {
      for (const each of inOrder(sightings)) await addUp(db, each)
      for (const sourceId of new Set(sightings.map((each) => each.sourceId))) {
        const kept = db
          .selectFrom('unknown_routes')
          .select('route')
          .where('source_id', '=', sourceId)
          .orderBy('last_seen_at', 'desc')
          .orderBy('route')
          .limit(keep)
        await db.deleteFrom('unknown_routes').where('source_id', '=', sourceId).where('route', 'not in', kept).execute()
      }
    },
  }
}

/** Two processes that add up the same routes lock them in the same order. */
function inOrder(sightings: readonly UnknownSighting[]): UnknownSighting[] {
  const place = ({ sourceId, route }: UnknownSighting) => `${sourceId}\n${route}`
  return [...sightings].sort((a, b) => (place(a) < place(b) ? -1 : 1))
}

async function addUp(db: Kysely<Tables>, { sourceId, route, count, at }: UnknownSighting): Promise<void> {
  await db
    .insertInto('unknown_routes')
    .values({ source_id: sourceId, route, count, first_seen_at: at, last_seen_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(['source_id', 'route'])
        .doUpdateSet((eb) => ({ count: eb('unknown_routes.count', '+', count), last_seen_at: at })),
    )
    .execute()
}

function toRoute(row: SourceRouteRow): SourceRoute {
  return {
    route: row.route,
    workspaceId: row.workspace_id,
    customer: row.customer,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
