import type { SweepName } from '../../retention/keep.ts'
import type { RetentionStore, SweepCall } from '../../retention/retention-store.ts'
import { commonSweeps, deliveryWalk, succeededWalk } from '../retention/sweep-common.ts'
import { bodyIsFree, eventIsFree } from '../retention/sweep-needs.ts'
import { turnOf } from '../retention/sweep-state.ts'
import { type Standing, type Walked, walkOn } from '../retention/sweep-walk.ts'
import { rowsOn } from './rows-on.ts'
import type { Session } from './session.ts'
import { emptyingDays } from './sweep-bodies.ts'
import { droppingDays } from './sweep-days.ts'

/** Rows of one turn, where rows go one by one. */
const rowsATurn = 500
const skip = ' FOR UPDATE SKIP LOCKED'

/** Removes what is old from PostgreSQL: whole days of the log, and everything else in batches. */
export function postgresRetention(session: Session): RetentionStore {
  const rows = rowsOn(session.ask)
  const takes: Record<SweepName, (standing: Standing, call: SweepCall) => Promise<Walked>> = {
    ...commonSweeps(rows, rowsATurn, skip),
    'event-data': emptyingDays(rows, { table: 'events', column: 'data', empty: 'NULL', free: eventIsFree }),
    'request-bodies': emptyingDays(rows, { table: 'requests', column: 'body', empty: 'NULL', free: bodyIsFree }),
    'attempt-bodies': emptyingDays(rows, {
      table: 'attempts',
      column: 'response_body',
      empty: `''`,
      free: () => '(0::int8 <= ?)',
    }),
    events: droppingDays(session, rows, 'events'),
    requests: droppingDays(session, rows, 'requests'),
    attempts: droppingDays(session, rows, 'attempts'),
    succeeded: (standing, call) => walkOn(succeededWalk(rows), standing, call, rowsATurn),
    deliveries: (standing, call) => walkOn(deliveryWalk(rows), standing, call, rowsATurn),
    // The server gives pages back by itself.
    'free-pages': async (standing) => ({ removed: 0, isDone: true, standing }),
  }
  return { sweep: (call) => turnOf(rows, call, { lock: skip, take: (standing) => takes[call.sweep](standing, call) }) }
}
