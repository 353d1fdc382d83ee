import type { Kysely } from 'kysely'
import type { FollowerState, FollowerStore } from '../../events/follow/follower-store.ts'
import { followerStore } from '../followers.ts'
import type { Tables } from '../tables.ts'
import type { Session } from './session.ts'

/** Followers on PostgreSQL: what every batch asks is prepared. */
export function postgresFollowers({ ask }: Session, db: Kysely<Tables>): FollowerStore {
  const followers = followerStore(db)
  return {
    ...followers,
    async take(name, owner) {
      const { rows } = await ask<FollowerState>(
        {
          name: 'own-follower',
          text: `SELECT cursor, owner, generation, (SELECT min(due_at) FROM parked
              WHERE follower = followers.name AND state IN ('retrying', 'waiting')) AS "nextDue"
            FROM followers WHERE name = $1 AND owner = $2`,
          onlyReads: true,
        },
        [name, owner],
      )
      return rows[0] ?? followers.take(name, owner)
    },
    async move(name, generation, cursor) {
      const { count } = await ask(
        { name: 'move-follower', text: 'UPDATE followers SET cursor = $1 WHERE name = $2 AND generation = $3' },
        [cursor, name, generation],
      )
      return count > 0
    },
    async hold(name) {
      await ask({ name: 'hold-follower', text: 'SELECT 1 FROM followers WHERE name = $1 FOR UPDATE' }, [name])
    },
  }
}
