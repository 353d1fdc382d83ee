import type { Kysely } from 'kysely'
import type { FollowerStore } from '../events/follower-store.ts'
import { isFree } from './lanes.ts'
import type { Tables } from './tables.ts'

export function followerStore(db: Kysely<Tables>): FollowerStore {
  const state = (name: string) =>
    db.selectFrom('followers').select(['cursor', 'owner', 'generation']).where('name', '=', name).executeTakeFirst()
  return {
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
      return db
        .updateTable('followers')
        .set((eb) => ({ owner, generation: eb('generation', '+', 1) }))
        .where('name', '=', name)
        .where((eb) => isFree(eb, 'followers.owner'))
        .returning(['cursor', 'owner', 'generation'])
        .executeTakeFirst()
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
      // A write, which is a lock on both engines.
      await db
        .updateTable('followers')
        .set((eb) => ({ generation: eb.ref('generation') }))
        .where('name', '=', name)
        .execute()
    },
    async park(event) {
      await db
        .insertInto('parked')
        .values({
          follower: event.follower,
          seq: event.seq,
          event_id: event.eventId,
          workspace_id: event.workspaceId,
          subject: event.subject,
          error: event.error.slice(0, 2000),
          attempts: event.attempts,
          due_at: event.dueAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
  }
}
