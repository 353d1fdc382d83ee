import type { CredentialReads, CredentialStore } from '../access/credential-store.ts'
import type { KeyringStore } from '../access/keyring-store.ts'
import type { AccountReads, AccountStore } from '../accounts/account-store.ts'
import type { Clock } from '../base/clock.ts'
import type { Command, Commit, Savepoint } from '../base/command.ts'
import type { FollowerReads, FollowerStore } from '../events/follow/follower-store.ts'
import type { LogReads, LogStore } from '../events/log-store.ts'
import type { QuarantineReads, QuarantineStore } from '../events/quarantine-store.ts'
import type { RequestReads } from '../events/request-store.ts'
import type { EventTypeReads, EventTypeStore } from '../events/types/event-type-store.ts'
import type { SourceReads, SourceStore } from '../inbound/source-store.ts'
import type { JobReads, JobStore } from '../jobs/job-store.ts'
import type { ProcessStore } from '../jobs/process-store.ts'
import type { Signals } from '../jobs/signal.ts'
import type { DeliveryReads, DeliveryStore } from '../outbound/delivery/delivery-store.ts'
import type { StatisticsReads } from '../outbound/delivery/statistics.ts'
import type { CustomerReads } from '../outbound/endpoint/customer-store.ts'
import type { EndpointReads, EndpointStore } from '../outbound/endpoint/endpoint-store.ts'
import type { LaneReads, LaneStore } from '../outbound/lane/lane-store.ts'
import type { ErasureReads, ErasureStore } from '../retention/erasure-store.ts'
import type { RetentionReads, RetentionStore } from '../retention/retention-store.ts'

/** Every store, inside a transaction: what commands are handed. */
export interface Stores extends Savepoint {
  credentials: CredentialStore
  keyring: KeyringStore
  processes: ProcessStore
  log: LogStore
  eventTypes: EventTypeStore
  quarantine: QuarantineStore
  followers: FollowerStore
  sources: SourceStore
  endpoints: EndpointStore
  lanes: LaneStore
  deliveries: DeliveryStore
  accounts: AccountStore
  retention: RetentionStore
  erasure: ErasureStore
  jobs: JobStore
}

/** What can be read outside a transaction. */
export interface Reads {
  credentials: CredentialReads
  log: LogReads
  eventTypes: EventTypeReads
  requests: RequestReads
  followers: FollowerReads
  quarantine: QuarantineReads
  sources: SourceReads
  endpoints: EndpointReads
  deliveries: DeliveryReads
  customers: CustomerReads
  lanes: LaneReads
  statistics: StatisticsReads
  accounts: AccountReads
  erasure: ErasureReads
  retention: RetentionReads
  jobs: JobReads
}

/** Any command over the stores, its arguments unknown: what a table of commands holds. */
export type AnyCommand = Command<Stores, never, unknown>

/** An open database. */
export interface Storage {
  commit: Commit
  reads: Reads
  /** The place in the log up to which everything is committed: followers read no further. */
  settledUpTo(): Promise<number>
  /** How the processes that share the database reach each other. */
  signals: Signals
  /** The time that they have in common. */
  clock: Clock
  /** What the engine is, for the log and the metrics. */
  engine: 'sqlite' | 'postgres'
  close(): Promise<void>
}
