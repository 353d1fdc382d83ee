import { spine } from './0001-spine.ts'
import { waysIn } from './0002-ways-in.ts'
import { accounts } from './0003-accounts.ts'
import { sourceLimits } from './0004-source-limits.ts'
import { jobs } from './0005-jobs.ts'
import { quarantine } from './0006-quarantine.ts'
import { inspection } from './0007-inspection.ts'
import { repeatTimes } from './0008-repeat-times.ts'
import { parked } from './0009-parked.ts'
import { erasedRequests } from './0010-erased-requests.ts'
import { erasedEvents } from './0011-erased-events.ts'
import { erasedAttempts } from './0012-erased-attempts.ts'
import { retention } from './0013-retention.ts'
import { endpointSettings } from './0014-endpoint-settings.ts'
import { laneState } from './0016-lane-state.ts'
import { deliveryOrder } from './0017-delivery-order.ts'
import { attemptDetails } from './0018-attempt-details.ts'
import { eventHops } from './0019-event-hops.ts'
import { cleanedDeliveries } from './0020-cleaned-deliveries.ts'
import { credentialCustomer } from './0021-credential-customer.ts'
import { customerEvents } from './0022-customer-events.ts'
import { eventTypes } from './0023-event-types.ts'
import { eventWarnings } from './0024-event-warnings.ts'
import { customerDeliveries } from './0025-customer-deliveries.ts'
import { customerEndpoints } from './0026-customer-endpoints.ts'
import { workspacePause } from './0030-workspace-pause.ts'
import { waitingDeliveries } from './0031-waiting-deliveries.ts'
import { customerJobs } from './0032-customer-jobs.ts'
import { credentialExpiry } from './0033-credential-expiry.ts'
import { heldHops } from './0034-held-hops.ts'
import type { Migration, Upgrade } from './migration.ts'

/** Every step, in order. */
export const migrations: readonly Migration[] = [
  spine,
  waysIn,
  accounts,
  sourceLimits,
  jobs,
  quarantine,
  inspection,
  repeatTimes,
  parked,
  erasedRequests,
  erasedEvents,
  erasedAttempts,
  retention,
  endpointSettings,
  laneState,
  deliveryOrder,
  attemptDetails,
  eventHops,
  cleanedDeliveries,
  credentialCustomer,
  customerEvents,
  eventTypes,
  eventWarnings,
  customerDeliveries,
  customerEndpoints,
  workspacePause,
  waitingDeliveries,
  customerJobs,
  credentialExpiry,
  heldHops,
]

/** A step that a database has had. */
export interface DoneStep {
  name: string
  /** The version of the program that ran it. */
  version: string
}

/** The steps that a database still needs. Refuses a database that a newer program has changed. */
export function pendingMigrations(
  done: readonly DoneStep[],
  { version, migrations: known = migrations }: Pick<Upgrade, 'version' | 'migrations'>,
): readonly Migration[] {
  const names = new Set(known.map((each) => each.name))
  const unknown = done.filter(({ name }) => !names.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const newest = unknown.at(-1)
  if (newest) {
    throw new Error(
      `The database was brought up to date by Trunkline ${newest.version} (migration "${newest.name}"), and this is ${version}. Start ${newest.version} or later.`,
    )
  }
  const had = new Set(done.map(({ name }) => name))
  return known.filter(({ name }) => !had.has(name))
}
