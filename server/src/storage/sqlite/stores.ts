import { sql } from 'kysely'
import type { Savepoint } from '../../base/command.ts'
import { accountReads, accountStore } from '../accounts.ts'
import { credentialStore } from '../credentials.ts'
import { customerReads } from '../customers.ts'
import { deliveryReads } from '../delivery-reads.ts'
import { deliveryScan } from '../delivery-scan.ts'
import { endpointStore } from '../endpoints.ts'
import { eventTypeStore } from '../event-types.ts'
import { jobStore } from '../jobs.ts'
import { laneReads } from '../lanes.ts'
import { placeById, timesById } from '../log-place.ts'
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
import type { Database } from './database.ts'
import { understand } from './database.ts'
import { sqliteDeliveries } from './deliveries.ts'
import { kyselyOn } from './dialect.ts'
import { sqliteEndpoints } from './endpoints.ts'
import { sqliteFollowers } from './followers.ts'
import { sqliteLanes } from './lanes.ts'
import { sqliteLog } from './log.ts'
import { orderOn } from './order.ts'
import { sqliteRetention } from './retention.ts'
import { rowsOn } from './rows-on.ts'
import { sqliteRetentionReads } from './sizes.ts'

/** The stores of the writer, on its open database. Nothing in here waits for anything but the database. */
export function sqliteStores(database: Database): Stores {
  const db = kyselyOn(database)
  return {
    ...savepoints(database),
    credentials: credentialStore(db),
    keyring: keyringStore(db),
    processes: processStore(db),
    eventTypes: eventTypeStore(db),
    log: sqliteLog(database, db),
    quarantine: quarantineStore(db),
    followers: sqliteFollowers(database, db),
    sources: sourceStore(db),
    endpoints: sqliteEndpoints(database, db),
    lanes: sqliteLanes(database, db),
    deliveries: sqliteDeliveries(database, db),
    accounts: accountStore(db),
    retention: sqliteRetention(database),
    erasure: erasureStore(orderOn(database)),
    jobs: jobStore(db, { locks: false }),
  }
}

/** What a reader answers, on a database opened read-only. */
export function sqliteReads(database: Database): Reads {
  const db = kyselyOn(database)
  return {
    credentials: credentialStore(db),
    log: { ...logReads(db, timesById(db)), placeBefore: (ms) => placeById(db, ms) },
    eventTypes: eventTypeStore(db),
    requests: requestReads(db, contains),
    followers: parkedReads(db),
    quarantine: quarantineReads(db),
    sources: sourceStore(db),
    endpoints: endpointStore(db),
    deliveries: { ...deliveryReads(db), ...deliveryScan(db), ...orderReads(rowsOn(database)) },
    customers: customerReads(db),
    lanes: laneReads(db),
    statistics: statisticsReads(rowsOn(database)),
    accounts: accountReads(db),
    erasure: erasureReads(rowsOn(database)),
    retention: sqliteRetentionReads(database),
    jobs: jobStore(db, { locks: false }),
  }
}

const contains: Contains = {
  text: (column, text) => sql`instr(${sql.ref(column)}, ${text}) > 0`,
  bytes: (column, bytes) => sql`instr(${sql.ref(column)}, ${bytes}) > 0`,
}

export function savepoints(database: Database): Savepoint {
  let depth = 0
  return {
    async savepoint(run) {
      const name = `s${depth++}`
      database.exec(`SAVEPOINT ${name}`)
      try {
        const result = await run()
        database.exec(`RELEASE ${name}`)
        return result
      } catch (error) {
        // A full disk may have rolled the whole transaction back already, and its savepoints with it.
        try {
          database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`)
        } catch {}
        throw understand(error)
      } finally {
        depth--
      }
    },
  }
}
