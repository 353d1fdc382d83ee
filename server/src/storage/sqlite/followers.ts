import type { Kysely } from 'kysely'
import type { FollowerStore } from '../../events/follow/follower-store.ts'
import { followerStore } from '../followers.ts'
import type { Tables } from '../tables.ts'
import type { Database } from './database.ts'

/** Followers on SQLite: what every batch asks is prepared. */
export function sqliteFollowers(db: Database, kysely: Kysely<Tables>): FollowerStore {
  const followers = followerStore(kysely)
  return {
    ...followers,
    async take(name, owner) {
      const own = db.one(
        `SELECT cursor, generation, (SELECT min(due_at) FROM parked
           WHERE follower = followers.name AND state IN ('retrying', 'waiting')) AS due
         FROM followers WHERE name = ? AND owner = ?`,
        [name, owner],
      )
      if (!own) return followers.take(name, owner)
      const nextDue = own.due === null ? null : Number(own.due)
      return { cursor: Number(own.cursor), owner, generation: Number(own.generation), nextDue }
    },
    async move(name, generation, cursor) {
      return db.run('UPDATE followers SET cursor = ? WHERE name = ? AND generation = ?', [cursor, name, generation]) > 0
    },
  }
}
