import type { ExpressionBuilder, Kysely } from 'kysely'
import type { FollowerStore } from '../events/follow/follower-store.ts'
import { isFree } from './lanes.ts'
import { parkedStore } from './parked.ts'
import type { Tables } from './tables.ts'

export function followerStore(db: Kysely<Tables>): FollowerStore {
  const nextDue = (eb: ExpressionBuilder<Tables, 'followers'>) =>
    eb
      .selectFrom('parked')
      .select((of) => of.fn.min<number | null>('parked.due_at').as('due'))
      .whereRef('parked.follower', '=', 'followers.name')
      .where('parked.state', 'in', ['retrying', 'waiting'])
      .as('nextDue')
  const state = (name: string) =>
    db
      .selectFrom('followers')
      .select(['cursor', 'owner', 'generation'])
      .select(nextDue)
      .where('name', '=', name)
      .executeTakeFirst()
  return {
    ...parkedStore(db),
    async take(name, owner) {
      const known = await state(name)
      if (known?.owner === owner) return known
      if (!known) {
        await db
          .insertInto('followers')
          .values({ name, cursor: 0, owner: null, generation: 0 })
          .onConflict((c) => c.doNothing())
          .execute()
      }
      const taken = await db
        .updateTable('followers')
        .set((eb) => ({ owner, generation: eb('generation', '+', 1) }))
        .where('name', '=', name)
        .where((eb) => isFree(eb, 'followers.owner'))
        .returning('name')
        .executeTakeFirst()
      return taken && state(name)
    },
    async move(name, generation, cursor) {
      const result = await db
        .updateTable('followers')
        .set({ cursor })
        .where('name', '=', name)
        .where('generation', '=', generation)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    async hold(name) {
      // SQLite has one writer at a time as it is; PostgreSQL's store locks the row.
      await state(name)
    },
  }
}
