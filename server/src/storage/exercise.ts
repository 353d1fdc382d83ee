import { describe } from 'vitest'
import { exerciseAccounts } from './exercise/accounts.ts'
import { exerciseAnyOrder } from './exercise/any-order.ts'
import { exerciseBytes } from './exercise/bytes.ts'
import { exerciseCommands } from './exercise/commands-at-once.ts'
import { exerciseCustomers } from './exercise/customers.ts'
import { exerciseDeliveries } from './exercise/deliveries.ts'
import { exerciseDeliveryScans } from './exercise/delivery-scans.ts'
import { exerciseErasure } from './exercise/erasure.ts'
import { exerciseEventTypes } from './exercise/event-types.ts'
import { exerciseExpiry } from './exercise/expiry.ts'
import { exerciseFanOut } from './exercise/fan-out.ts'
import { exerciseFollowers } from './exercise/followers.ts'
import { exerciseHeld } from './exercise/held.ts'
import { exerciseJobs } from './exercise/jobs.ts'
import { exerciseLaneConditions } from './exercise/lane-conditions.ts'
import { exerciseLanes } from './exercise/lanes.ts'
import { exerciseLists } from './exercise/lists.ts'
import { exerciseLog } from './exercise/log.ts'
import { bench, type Open } from './exercise/opened.ts'
import { exerciseOrder } from './exercise/order.ts'
import { exerciseParked } from './exercise/parked.ts'
import { exerciseQuarantine } from './exercise/quarantine.ts'
import { exerciseRehandle } from './exercise/rehandle.ts'
import { exerciseReparse } from './exercise/reparse.ts'
import { exerciseReplays } from './exercise/replays.ts'
import { exerciseRequests } from './exercise/requests.ts'
import { exerciseRetention } from './exercise/retention.ts'
import { exerciseSearches } from './exercise/searches.ts'
import { exerciseSourceVersion } from './exercise/source-version.ts'
import { exerciseState } from './exercise/state.ts'
import { exerciseStatistics } from './exercise/statistics.ts'
import { exerciseTenants } from './exercise/tenants.ts'
import { exerciseWaysIn } from './exercise/ways-in.ts'

/**
 * What every engine must do, whatever it is made of: each method of each store, and the races between them. `open` gives
 * a new, empty database each time.
 */
export function exerciseStorage(name: string, open: Open): void {
  describe(name, () => {
    describe('with one database', () => {
      const at = bench(open)
      exerciseLog(at)
      exerciseQuarantine(at)
      exerciseBytes(at)
      exerciseLists(at)
      exerciseSearches(at)
      exerciseRequests(at)
      exerciseTenants(at)
      exerciseState(at)
      exerciseCustomers(at)
      exerciseWaysIn(at)
      exerciseSourceVersion(at)
      exerciseHeld(at)
      exerciseCommands(at)
      exerciseDeliveries(at)
      exerciseDeliveryScans(at)
      exerciseReplays(at)
      exerciseAnyOrder(at)
      exerciseAccounts(at)
      exerciseJobs(at)
      exerciseEventTypes(at)
      exerciseStatistics(at)
      exerciseReparse(at)
      exerciseRehandle(at)
    })
    // These count what there is in the whole database.
    for (const exercise of [
      exerciseFollowers,
      exerciseParked,
      exerciseFanOut,
      exerciseLanes,
      exerciseLaneConditions,
      exerciseRetention,
      exerciseExpiry,
      exerciseOrder,
      exerciseErasure,
    ]) {
      describe('with its own database', () => exercise(bench(open)))
    }
  })
}
