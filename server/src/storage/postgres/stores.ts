import { sql } from 'kysely'
import type { QuarantineStore } from '../../events/quarantine-store.ts'
import { accountReads, accountStore } from '../accounts.ts'
import { credentialStore } from '../credentials.ts'
import { customerReads } from '../customers.ts'
import { deliveryReads } from '../delivery-reads.ts'
import { deliveryScan } from '../delivery-scan.ts'
import { endpointStore } from '../endpoints.ts'
import { eventTypeStore } from '../event-types.ts'
import { jobStore } from '../jobs.ts'
import { laneReads } from '../lanes.ts'
import { placeByTime } from '../log-place.ts'
import { logReads } from '../log-reads.ts'
import { orderReads } from '../order.ts'
import { parkedReads } from '../parked.ts'
import { quarantineReads, quarantineStore } from '../quarantine.ts'
import { type Contains, requestReads } from '../request-reads.ts'
import { erasureReads, erasureStore } from '../retention/erasure.ts'
import { keyringStore, processStore } from '../server-state.ts'
import { sourceStore } from '../sources.ts'
import { statisticsReads } from '../statistics.ts'
import type { Reads, Stores } from '../stores.ts'
import { postgresDeliveries } from './deliveries.ts'
import { kyselyOn } from './dialect.ts'
import { postgresEndpoints } from './endpoints.ts'
import { postgresFollowers } from './followers.ts'
import { postgresLanes } from './lanes.ts'
import { postgresLog } from './log.ts'
import { orderOn } from './order.ts'
import { postgresRetention } from './retention.ts'
import { rowsOn } from './rows-on.ts'
import type { Ask, Session } from './session.ts'
import { postgresRetentionReads } from './sizes.ts'
import { lookAgain } from './sweep-bodies.ts'

const known = new WeakMap<Session, Stores>()

/** The stores of a connection. They stay the same objects for as long as it lives: fan-out remembers things by them. */
export function storesOn(session: Session): Stores {
  const before = known.get(session)
  if (before) return before
  const db = kyselyOn(session.ask)
  const stores: Stores = {
    savepoint: session.savepoint,
    credentials: credentialStore(db),
    keyring: keyringStore(db),
    processes: processStore(db),
    eventTypes: eventTypeStore(db),
    log: postgresLog(session, db),
    quarantine: postgresQuarantine(session, db),
    followers: postgresFollowers(session, db),
    sources: sourceStore(db),
    endpoints: postgresEndpoints(session, db),
    lanes: postgresLanes(session, db),
    deliveries: postgresDeliveries(session, db),
    accounts: accountStore(db),
    retention: postgresRetention(session),
    erasure: erasureStore(orderOn(session)),
    jobs: jobStore(db, { locks: true }),
  }
  known.set(session, stores)
  return stores
}

/** What is accepted late comes into the log behind what has been swept already. */
function postgresQuarantine(session: Session, db: ReturnType<typeof kyselyOn>): QuarantineStore {
  const store = quarantineStore(db)
  return {
    ...store,
    async markAccepted(requests, now) {
      await store.markAccepted(requests, now)
      await lookAgain(session, requests)
    },
  }
}

const contains: Contains = {
  text: (column, text) => sql`strpos(${sql.ref(column)}, ${text}) > 0`,
  bytes: (column, bytes) => sql`position(${bytes}::bytea IN ${sql.ref(column)}) > 0`,
}

/** What is read outside transactions. */
export function postgresReads(ask: Ask): Reads {
  const db = kyselyOn(ask)
  return {
    credentials: credentialStore(db),
    log: { ...logReads(db, { hasDays: true }), placeBefore: (ms) => placeByTime(db, ms) },
    eventTypes: eventTypeStore(db),
    requests: requestReads(db, contains),
    followers: parkedReads(db),
    quarantine: quarantineReads(db),
    sources: sourceStore(db),
    endpoints: endpointStore(db),
    deliveries: { ...deliveryReads(db), ...deliveryScan(db), ...orderReads(rowsOn(ask)) },
    customers: customerReads(db),
    lanes: laneReads(db),
    statistics: statisticsReads(rowsOn(ask)),
    accounts: accountReads(db),
    erasure: erasureReads(rowsOn(ask)),
    retention: postgresRetentionReads(ask),
    jobs: jobStore(db, { locks: true }),
  }
}
