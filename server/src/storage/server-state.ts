import type { Kysely } from 'kysely'
import type { KeyringStore } from '../access/keyring-store.ts'
import type { ProcessStore } from '../jobs/process-store.ts'
import type { Tables } from './tables.ts'

export function keyringStore(db: Kysely<Tables>): KeyringStore {
  const read = async (name: string) =>
    (await db.selectFrom('keyring').select('sealed').where('name', '=', name).executeTakeFirst())?.sealed
  return {
    read,
    async keep(name, sealed) {
      await db
        .insertInto('keyring')
        .values({ name, sealed })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return (await read(name)) ?? sealed
    },
  }
}

export function processStore(db: Kysely<Tables>): ProcessStore {
  return {
    async beat({ id, roles }, now) {
      const columns = { roles: JSON.stringify(roles), beat_at: now }
      await db
        .insertInto('processes')
        .values({ id, beats: 1, ...columns })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((eb) => ({ beats: eb('processes.beats', '+', 1), ...columns })),
        )
        .execute()
    },
    async list() {
      const rows = await db.selectFrom('processes').select(['id', 'beats', 'roles']).orderBy('id').execute()
      return rows.map((row) => ({ ...row, roles: JSON.parse(row.roles) as string[] }))
    },
    async remove(id) {
      await db.deleteFrom('processes').where('id', '=', id).execute()
    },
    async strike(silent) {
      const struck: string[] = []
      for (const { id, beats } of silent) {
        const { numDeletedRows } = await db
          .deleteFrom('processes')
          .where('id', '=', id)
          .where('beats', '=', beats)
          .executeTakeFirst()
        if (numDeletedRows > 0n) struck.push(id)
      }
      return struck
    },
  }
}
