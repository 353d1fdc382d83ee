import type { Kysely } from 'kysely'
import type { EventTypeStore, RegisteredType, Validation } from '../events/types/event-type-store.ts'
import type { EventTypeRow, Tables } from './tables.ts'

/** The types of event that workspaces describe themselves. */
export function eventTypeStore(db: Kysely<Tables>): EventTypeStore {
  return {
    async read(workspaceId, type) {
      const row = await db
        .selectFrom('event_types')
        .select(columns)
        .where('workspace_id', '=', workspaceId)
        .where('type', '=', type)
        .executeTakeFirst()
      return row && fromRow(row)
    },
    async list(workspaceId, { after, limit }) {
      let query = db.selectFrom('event_types').select(columns).where('workspace_id', '=', workspaceId)
      if (after !== null) query = query.where('type', '>', after)
      return (await query.orderBy('type').limit(limit).execute()).map(fromRow)
    },
    async checked(workspaceId) {
      const rows = await db
        .selectFrom('event_types')
        .select(['type', 'validation', 'updated_at'])
        .where('workspace_id', '=', workspaceId)
        .where('validation', '<>', 'off')
        .execute()
      return rows.map((row) => ({
        type: row.type,
        validation: row.validation as Validation,
        updatedAt: row.updated_at,
      }))
    },
    async insert(type) {
      const made = await db
        .insertInto('event_types')
        .values(toRow(type))
        .onConflict((conflict) => conflict.doNothing())
        .returning('type')
        .executeTakeFirst()
      return made !== undefined
    },
    async replace(type) {
      const { created_at: _, workspace_id, type: name, ...settings } = toRow(type)
      const changed = await db
        .updateTable('event_types')
        .set(settings)
        .where('workspace_id', '=', workspace_id)
        .where('type', '=', name)
        .returning('type')
        .executeTakeFirst()
      return changed !== undefined
    },
    async remove(workspaceId, type) {
      const removed = await db
        .deleteFrom('event_types')
        .where('workspace_id', '=', workspaceId)
        .where('type', '=', type)
        .returning('type')
        .executeTakeFirst()
      return removed !== undefined
    },
    async count(workspaceId) {
      const row = await db
        .selectFrom('event_types')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
  }
}

const columns = [
  'workspace_id',
  'type',
  'description',
  'schema',
  'validation',
  'example',
  'created_at',
  'updated_at',
] as const

const toRow = (type: RegisteredType): EventTypeRow => ({
  workspace_id: type.workspaceId,
  type: type.type,
  description: type.description,
  schema: type.schema,
  validation: type.validation,
  example: type.example,
  created_at: type.createdAt,
  updated_at: type.updatedAt,
})

const fromRow = (row: EventTypeRow): RegisteredType => ({
  workspaceId: row.workspace_id,
  type: row.type,
  description: row.description,
  schema: row.schema,
  validation: row.validation as Validation,
  example: row.example,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
