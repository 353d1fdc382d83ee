import type { Kysely, Selectable } from 'kysely'
import type { Job, JobCounts, JobStatus } from '../jobs/job.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { isFree } from './lanes.ts'
import { storableText } from './rows.ts'
import type { JobRow, Tables } from './tables.ts'

/** Rows that one clearing removes: it must not hold up the others. */
const removedAtOnce = 1000

/** `locks` says whether a row must be locked before it is judged: on PostgreSQL several processes write at once. */
export function jobStore(db: Kysely<Tables>, { locks }: { locks: boolean }): JobStore {
  const remove = (ids: readonly string[]) => db.deleteFrom('jobs').where('id', 'in', ids).execute()
  return {
    async insert(job) {
      await db
        .insertInto('jobs')
        .values({ ...toRow(job), owner: null })
        .execute()
    },
    async read(workspaceId, id) {
      const row = await db
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return row && toJob(row)
    },
    async list(workspaceId, { customer, kind, status }, { after, limit }) {
      let query = db.selectFrom('jobs').selectAll().where('workspace_id', '=', workspaceId)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (kind !== undefined) query = query.where('kind', '=', kind)
      if (status !== undefined) query = query.where('status', '=', status)
      if (after !== null) query = query.where('id', '<', after)
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toJob)
    },
    async workable(owner, kinds, limit) {
      if (kinds.length === 0) return []
      const rows = await db
        .selectFrom('jobs')
        .select(['id', 'workspace_id', 'kind'])
        .where('status', '=', 'running')
        .where('kind', 'in', kinds)
        .where((eb) => eb.or([eb('owner', '=', owner), isFree(eb, 'jobs.owner')]))
        .orderBy('updated_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id, kind: row.kind }))
    },
    async take(id, owner) {
      const own = await db
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('owner', '=', owner)
        .where('status', '=', 'running')
        .executeTakeFirst()
      if (own) return toJob(own)
      const taken = await db
        .updateTable('jobs')
        .set((eb) => ({ owner, generation: eb('generation', '+', 1) }))
        .where('id', '=', id)
        .where('status', '=', 'running')
        .where((eb) => isFree(eb, 'jobs.owner'))
        .returningAll()
        .executeTakeFirst()
      return taken && toJob(taken)
    },
    async hold(id, generation) {
      const held = db
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('generation', '=', generation)
        .where('status', '=', 'running')
      const row = await (locks ? held.forNoKeyUpdate() : held).executeTakeFirst()
      return row && toJob(row)
    },
    async move(id, { cursor, counts, status, updatedAt, endedAt }) {
      await db
        .updateTable('jobs')
        .set({ cursor, counts: JSON.stringify(counts), status, updated_at: updatedAt, ended_at: endedAt })
        .where('id', '=', id)
        .execute()
    },
    async decide({ workspaceId, id, from, generation }, { status, error, updatedAt, endedAt }) {
      let query = db
        .updateTable('jobs')
        .set((eb) => ({
          status,
          error: error === null ? null : storableText(error).slice(0, 2000),
          owner: null,
          generation: eb('generation', '+', 1),
          updated_at: updatedAt,
          ended_at: endedAt,
        }))
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .where('status', 'in', from)
      if (generation !== undefined) query = query.where('generation', '=', generation)
      const row = await query.returningAll().executeTakeFirst()
      if (!row) return undefined
      if (status !== 'running') return toJob(row)
      const resumed = { resumed_at: updatedAt, resumed_looked: countsOf(row).looked }
      await db.updateTable('jobs').set(resumed).where('id', '=', id).execute()
      return toJob({ ...row, ...resumed })
    },
    async removeEnded(before) {
      const rows = await db
        .selectFrom('jobs')
        .select('id')
        .where('ended_at', '<', before)
        .orderBy('ended_at')
        .limit(removedAtOnce)
        .execute()
      if (rows.length > 0) await remove(rows.map(({ id }) => id))
    },
    async keepNewest({ workspaceId, customer }, keep) {
      const rows = await db
        .selectFrom('jobs')
        .select('id')
        .where('workspace_id', '=', workspaceId)
        .where('customer', customer === null ? 'is' : '=', customer)
        .where('ended_at', 'is not', null)
        .orderBy('id', 'desc')
        .limit(removedAtOnce)
        .offset(keep)
        .execute()
      if (rows.length > 0) await remove(rows.map(({ id }) => id))
    },
  }
}

function toRow(job: Job): Omit<JobRow, 'owner'> {
  return {
    id: job.id,
    workspace_id: job.workspaceId,
    customer: job.customer,
    kind: job.kind,
    args: JSON.stringify(job.args),
    plan_count: job.plan.count,
    plan_is_at_least: job.plan.isAtLeast ? 1 : 0,
    status: job.status,
    cursor: job.cursor,
    counts: JSON.stringify(job.counts),
    per_second: job.perSecond,
    generation: job.generation,
    error: job.error,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
    resumed_at: job.resumedAt,
    resumed_looked: job.resumedLooked,
    ended_at: job.endedAt,
  }
}

function toJob(row: Selectable<JobRow>): Job {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    kind: row.kind,
    args: JSON.parse(row.args),
    plan: { count: row.plan_count, isAtLeast: row.plan_is_at_least === 1 },
    status: row.status as JobStatus,
    cursor: row.cursor,
    counts: countsOf(row),
    perSecond: row.per_second,
    generation: row.generation,
    error: row.error,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    resumedAt: row.resumed_at,
    resumedLooked: row.resumed_looked,
    endedAt: row.ended_at,
  }
}

const countsOf = ({ counts }: Pick<JobRow, 'counts'>): JobCounts => JSON.parse(counts) as JobCounts
