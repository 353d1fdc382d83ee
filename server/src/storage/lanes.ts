import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely'
import { together } from '../base/together.ts'
import type { FoundLane, LaneReads, LaneState, LaneStore } from '../outbound/lane/lane-store.ts'
import { isInOrder } from './order.ts'
import type { LaneRow, Tables } from './tables.ts'

/**
 * What every claim and every fan-out asks is each engine's own. `locks` says whether rows must be locked before they are
 * judged: on PostgreSQL two processes write at once; SQLite has one writer.
 */
export function laneStore(
  db: Kysely<Tables>,
  { locks }: { locks: boolean },
): Omit<LaneStore, 'held' | 'giveBack' | 'due'> {
  return {
    async insert(endpoint) {
      await db
        .insertInto('lanes')
        .values({
          endpoint_id: endpoint.id,
          workspace_id: endpoint.workspaceId,
          customer: endpoint.customer,
          state: endpoint.status,
          next_due: null,
          owner: null,
        })
        .execute()
    },
    async setState(endpointId, state, now) {
      // Due at once: an active lane's owner looks for what has waited, an ending one's deliveries are ended.
      await db.updateTable('lanes').set({ state, next_due: now }).where('endpoint_id', '=', endpointId).execute()
    },
    async take(endpointId, owner) {
      const own = await db
        .selectFrom('lanes')
        .select(['generation', 'condition'])
        .where('endpoint_id', '=', endpointId)
        .where('owner', '=', owner)
        .executeTakeFirst()
      if (own) return own
      const free = db
        .selectFrom('lanes')
        .select('endpoint_id')
        .where('endpoint_id', '=', endpointId)
        .where('state', '=', 'active')
        .where('workspace_id', 'not in', pausedOf(db))
        .where((eb) => isFree(eb, 'lanes.owner'))
      const taken = await db
        .updateTable('lanes')
        .set((eb) => ({ owner, generation: eb('generation', '+', 1) }))
        // A claim takes lanes in any order. It never waits for one: two claims would end up waiting for each other.
        .where('endpoint_id', '=', locks ? free.forNoKeyUpdate().skipLocked() : free)
        .returning(['generation', 'condition'])
        .executeTakeFirst()
      return taken
    },
    async takeFree(owner, dueBefore, limit) {
      const free = db
        .selectFrom('lanes')
        .select('endpoint_id')
        .where('state', '=', 'active')
        .where('next_due', '<=', dueBefore)
        .where('workspace_id', 'not in', pausedOf(db))
        .where((eb) => isFree(eb, 'lanes.owner'))
        // What is its own already is not found: a process that is missing from the list would lose it to itself.
        .where((eb) => eb.or([eb('owner', 'is', null), eb('owner', '!=', owner)]))
        .orderBy('next_due')
        .limit(limit)
      const rows = await db
        .updateTable('lanes')
        .set((eb) => ({ owner, generation: eb('generation', '+', 1) }))
        // Of several that look at once, each takes others.
        .where('endpoint_id', 'in', locks ? free.forNoKeyUpdate().skipLocked() : free)
        .returning(foundColumns)
        .execute()
      return rows.map(toFound)
    },
    async ownedBy(owner) {
      return (await db.selectFrom('lanes').select(foundColumns).where('owner', '=', owner).execute()).map(toFound)
    },
    async holdCondition(endpointId) {
      const known = db.selectFrom('lanes').select('condition').where('endpoint_id', '=', endpointId)
      const row = await (locks ? known.forNoKeyUpdate() : known).executeTakeFirst()
      return row?.condition ?? null
    },
    async keepCondition(endpointId, condition) {
      await db.updateTable('lanes').set({ condition }).where('endpoint_id', '=', endpointId).execute()
    },
    async forget(endpointId, now) {
      await db
        .updateTable('lanes')
        .set({ condition: null, next_due: now })
        .where('endpoint_id', '=', endpointId)
        .execute()
    },
    async pause(workspaceId, now) {
      const row = await db
        .updateTable('workspaces')
        .set((eb) => ({ deliveries_paused_at: eb.fn.coalesce('deliveries_paused_at', eb.val(now)) }))
        .where('id', '=', workspaceId)
        .returning('deliveries_paused_at')
        .executeTakeFirst()
      return Number(row?.deliveries_paused_at ?? now)
    },
    async resume(workspaceId) {
      await db.updateTable('workspaces').set({ deliveries_paused_at: null }).where('id', '=', workspaceId).execute()
    },
    async ending(limit) {
      const rows = await db
        .selectFrom('lanes')
        .select(['endpoint_id', 'state'])
        .where('state', 'in', ['disabled', 'deleted'])
        .where('next_due', 'is not', null)
        .limit(limit)
        .execute()
      return rows.map((row) => ({ endpointId: row.endpoint_id, state: row.state as LaneState }))
    },
    async ended(endpointId) {
      // Or it is missed: a fan-out that knew the endpoint as it was before may have committed since its deliveries were ended.
      if (locks) await lock(db, endpointId)
      await db
        .updateTable('lanes')
        .set({ next_due: null })
        .where('endpoint_id', '=', endpointId)
        .where('state', 'in', ['disabled', 'deleted'])
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom('deliveries').select('id').where('endpoint_id', '=', endpointId).where('status', '=', 0),
            ),
          ),
        )
        .where(
          sql<boolean>`NOT EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = ${endpointId} AND ${sql.raw(isInOrder)})`,
        )
        .execute()
    },
  }
}

const foundColumns = ['endpoint_id', 'workspace_id', 'customer', 'generation', 'condition'] as const

const toFound = ({
  endpoint_id: endpointId,
  workspace_id: workspaceId,
  ...rest
}: Pick<Selectable<LaneRow>, (typeof foundColumns)[number]>): FoundLane => ({ endpointId, workspaceId, ...rest })

export function laneReads(db: Kysely<Tables>): LaneReads {
  return {
    async read(workspaceId, endpointId) {
      return db
        .selectFrom('lanes')
        .select('condition')
        .where('endpoint_id', '=', endpointId)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
    },
    async paused() {
      const rows = await db
        .selectFrom('workspaces')
        .select(['id', 'deliveries_paused_at'])
        .where('deliveries_paused_at', 'is not', null)
        .execute()
      return new Map(rows.map((row) => [row.id, row.deliveries_paused_at ?? 0]))
    },
    async look({ idle, busy }, now) {
      const count = db.selectFrom('lanes').select((eb) => eb.fn.countAll<number>().as('count'))
      const [owned, free, stirred, changed] = await together([
        count.where((eb) => eb.not(isFree(eb, 'lanes.owner'))).executeTakeFirstOrThrow(),
        count
          .where('state', '=', 'active')
          .where('next_due', '<=', now)
          .where((eb) => isFree(eb, 'lanes.owner'))
          .executeTakeFirstOrThrow(),
        idle.length === 0
          ? Promise.resolve([])
          : db
              .selectFrom('lanes')
              .select('endpoint_id')
              .where('endpoint_id', 'in', idle)
              .where((eb) =>
                eb.exists(
                  eb
                    .selectFrom('deliveries')
                    .select('id')
                    .whereRef('deliveries.endpoint_id', '=', 'lanes.endpoint_id')
                    .where('status', '=', 0)
                    .where('due_at', '<=', now),
                ),
              )
              .execute(),
        busy.length === 0
          ? Promise.resolve([])
          : db.selectFrom('endpoints').select(['id', 'updated_at']).where('id', 'in', busy).execute(),
      ])
      return {
        total: Number(owned.count) + Number(free.count),
        stirred: stirred.map((row) => row.endpoint_id),
        changedAt: new Map(changed.map((row) => [row.id, row.updated_at])),
      }
    },
  }
}

/** The workspaces whose deliveries are paused: few, and mostly none. */
export const pausedOf = (db: Kysely<Tables>) =>
  db.selectFrom('workspaces').select('workspaces.id').where('deliveries_paused_at', 'is not', null)

/** Holds the lane against everybody who adds to it until the commit. */
async function lock(db: Kysely<Tables>, endpointId: string): Promise<void> {
  await db.selectFrom('lanes').select('endpoint_id').where('endpoint_id', '=', endpointId).forUpdate().execute()
}

/** Whether a column names no process that is in the list of those that live. */
export function isFree<Table extends 'lanes' | 'followers' | 'jobs'>(
  eb: ExpressionBuilder<Tables, Table>,
  owner: 'lanes.owner' | 'followers.owner' | 'jobs.owner',
) {
  const any = eb as unknown as ExpressionBuilder<Tables, 'lanes' | 'followers' | 'jobs'>
  const owners = any.selectFrom('processes').select('processes.id').whereRef('processes.id', '=', owner)
  return any.or([any(owner, 'is', null), any.not(any.exists(owners))])
}
