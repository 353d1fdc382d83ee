import type { Kysely } from 'kysely'
import type { FollowerStore } from '../../events/follower-store.ts'
import { followerStore } from '../followers.ts'
import type { Tables } from '../tables.ts'
import type { Database } from './database.ts'

/** Followers on SQLite: what every batch asks is prepared. */
export function sqliteFollowers(db: Database, kysely: Kysely<Tables>): FollowerStore {
  const followers = followerStore(kysely)
  return {
    ...followers,
    async take(name, owner) {
      const own = db.one('SELECT cursor, generation FROM followers WHERE name = ? AND owner = ?', [name, owner])
      return own
        ? { cursor: Number(own.cursor), owner, generation: Number(own.generation) }
        : followers.take(name, owner)
    },
    async move(name, generation, cursor) {
      return db.run('UPDATE followers SET cursor = ? WHERE name = ? AND generation = ?', [cursor, name, generation]) > 0
    },
  }
}
