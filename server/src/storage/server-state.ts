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
    async beat(id, now) {
      await db
        .insertInto('processes')
        .values({ id, beat_at: now })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ beat_at: now }))
        .execute()
    },
    async remove(id) {
      await db.deleteFrom('processes').where('id', '=', id).execute()
    },
    async forget(before) {
      await db.deleteFrom('processes').where('beat_at', '<', before).execute()
    },
  }
}
