import type { Generated } from 'kysely'
import type { PaymentRow, SubscriptionRow, UserRow } from './account-rows.ts'

/** The tables as both engines have them. Flags are 0 or 1, times are milliseconds, JSON is text. */
export interface Tables {
  workspaces: {
    id: string
    name: string
    endpoints_version: Generated<number>
    deliveries_paused_at: Generated<number | null>
    created_at: number
  }
  keyring: { name: string; sealed: string }
  credentials: CredentialRow
  processes: { id: string; beats: number; roles: string; beat_at: number }
  sources: SourceRow
  versions: { name: string; version: number }
  source_claims: SourceClaimRow
  source_origins: { name: string; source_id: string }
  source_routes: SourceRouteRow
  unknown_routes: UnknownRouteRow
  held_events: HeldEventRow
  requests: RequestRow
  quarantined: QuarantinedRow
  quarantine_shares: { source_id: string; network: string; requests: number; bytes: number }
  former_secrets: { source_id: string; workspace_id: string; sealed: string }
  events: EventRow
  event_types: EventTypeRow
  dedupe_keys: DedupeRow
  followers: { name: string; cursor: number; owner: string | null; generation: number }
  parked: ParkedRow
  endpoints: EndpointRow
  lanes: LaneRow
  deliveries: DeliveryRow
  attempts: AttemptRow
  subscriptions: SubscriptionRow
  payments: PaymentRow
  users: UserRow
  sweeps: SweepRow
  blocked_keys: BlockedKeyRow
  restarted_deliveries: { delivery_id: string; restarted_at: number }
  cleaned_deliveries: { endpoint_id: string; up_to: number }
  erased_lately: { event_id: string; look_at: number }
  jobs: JobRow
}

export interface CredentialRow {
  id: string
  workspace_id: string
  customer: string | null
  name: string
  key_hash: string
  preview: string
  scopes: string
  origin: string
  created_at: number
  expires_at: number | null
  revoked_at: number | null
}

export interface SourceRow {
  id: string
  workspace_id: string
  customer: string | null
  kind: string
  name: string
  key: string
  sealed_secrets: string
  config: string
  is_enabled: number
  created_at: number
  updated_at: number
  origin: string
  fixed_path: string | null
  /** 0 no, 1 paused, 2 releasing. */
  holding: number
  routes_version: number
  rate_limit: string | null
}

export interface SourceClaimRow {
  source_id: string
  path: string
  place: number
  token_hash: string | null
}

export interface SourceRouteRow {
  source_id: string
  route: string
  workspace_id: string
  customer: string | null
  created_at: number
  updated_at: number
}

export interface UnknownRouteRow {
  source_id: string
  route: string
  count: number
  first_seen_at: number
  last_seen_at: number
}

export interface HeldEventRow {
  source_id: string
  request_id: string
  n: number
  request_cause: string | null
  request_detail: string | null
  id: string
  workspace_id: string
  customer: string | null
  type: string
  subject: string | null
  order_key: string | null
  data: string | null
  data_bytes: number
  received_at: number
  dedupe_key: string | null
  dedupe_hash: string | null
  hops: number | null
}

export interface RequestRow {
  id: string
  workspace_id: string
  source_id: string
  received_at: number
  method: string
  url: string
  headers: string
  body: Uint8Array | null
  body_bytes: number
  sender_address: string
  verdict: string
  cause: string | null
  detail: string | null
  repeat_of: string | null
  verify_ms: number
  read_ms: number | null
  parse_ms: number | null
  accepted_at: Generated<number | null>
  erased_at: number | null
}

export interface QuarantinedRow {
  request_id: string
  workspace_id: string
  source_id: string
  received_at: number
  network: string
  bytes: number
  sealed_parts: string | null
}

export interface EventRow {
  seq: Generated<number>
  id: string
  workspace_id: string
  customer: string | null
  source_id: string | null
  request_id: string | null
  type: string
  subject: string | null
  order_key: string | null
  data: string | null
  data_bytes: number
  received_at: number
  erased_at: number | null
  warning: string | null
  hops: Generated<number | null>
}

export interface DedupeRow {
  /** 63 bits: bound as text or bigint, never read back. */
  hash: bigint
  n: number
  source_id: string
  key: string
  event_id: string
  /** The request that it came in; of a published event, its fingerprint. */
  request_id: string
  expires_at: number
  repeats: Generated<number>
  repeated_at: number | null
  first_repeated_at: number | null
  repeat_times: string | null
}

export interface ParkedRow {
  follower: string
  seq: number
  event_id: string
  workspace_id: string
  subject: string | null
  error: string
  attempts: number
  due_at: number
  state: string
  cause: string | null
  event_type: string | null
  after_gap: number | null
  created_at: number | null
  updated_at: number | null
  ended_at: number | null
}

export interface EventTypeRow {
  workspace_id: string
  type: string
  description: string
  schema: string | null
  validation: string
  example: string | null
  created_at: number
  updated_at: number
}

export interface JobRow {
  id: string
  workspace_id: string
  customer: string | null
  kind: string
  args: string
  plan_count: number | null
  plan_is_at_least: number
  status: string
  cursor: string | null
  counts: string
  per_second: number | null
  owner: string | null
  generation: number
  error: string | null
  created_at: number
  updated_at: number
  resumed_at: number
  resumed_looked: number
  ended_at: number | null
}

export interface EndpointRow {
  id: string
  workspace_id: string
  customer: string | null
  url: string
  description: string
  event_types: string
  payload: string
  concurrency: number
  status: string
  status_reason: string | null
  sealed_secret: string
  after_seq: number
  created_at: number
  updated_at: number
  deleted_at: number | null
  name: string
  resource_types: string | null
  filter: string | null
  sealed_headers: string | null
  retry: string | null
  timeout_ms: number | null
  rate_limit: string | null
  ordering: string
  metadata: string | null
  signatures: string | null
  former_secrets: string | null
  sealed_tls: string | null
  verified_at: number | null
}

export interface LaneRow {
  endpoint_id: string
  workspace_id: string
  customer: string | null
  state: string
  next_due: number | null
  owner: string | null
  generation: Generated<number>
  condition: Generated<string | null>
}

export interface DeliveryRow {
  id: string
  workspace_id: string
  customer: string | null
  endpoint_id: string
  event_id: string
  event_seq: number
  event_type: string
  status: number
  due_at: number
  attempts: Generated<number>
  tries: Generated<number>
  cause: string | null
  created_at: number
  ended_at: number | null
  order_key: string | null
}

export interface BlockedKeyRow {
  delivery_id: string
  workspace_id: string
  endpoint_id: string
  order_key: string
  event_seq: number
  blocked_at: number
}

export interface AttemptRow {
  id: string
  workspace_id: string
  delivery_id: string
  number: number
  started_at: number
  status: number | null
  cause: string | null
  detail: string | null
  dns_ms: number | null
  connect_ms: number | null
  tls_ms: number | null
  first_byte_ms: number | null
  total_ms: number
  response_headers: string
  response_body: string
  is_truncated: number
  erased_at: number | null
  signed_at: number | null
  signed_sha256: string | null
  next_due_at: number | null
}

export interface SweepRow {
  name: string
  place: string
  kept_from: string | null
  removed: number
  last_removed: number
  total: number
  ran_at: number | null
  swept_at: number | null
}
