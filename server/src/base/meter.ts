/** Every figure that the server keeps about itself, with what it counts. `/metrics` shows them. */
export const metrics = {
  trunkline_requests_total: {
    kind: 'counter',
    help: 'Requests from senders, by kind of source and verdict.',
    labels: ['kind', 'verdict', 'cause'],
  },
  trunkline_accept_seconds: {
    kind: 'histogram',
    help: 'From the first byte of a request to its answer.',
    labels: ['kind'],
  },
  trunkline_quarantine_dropped_total: {
    kind: 'counter',
    help: 'Refused requests without a record: more came than could be written, or the database took nothing.',
    labels: ['reason'],
  },
  trunkline_quarantine_pushed_out_total: {
    kind: 'counter',
    help: 'Refused requests that later ones pushed out of quarantine.',
    labels: [],
  },
  trunkline_accepted_after_all_total: {
    kind: 'counter',
    help: 'Requests that were refused when they came, and proven when their source was verified again.',
    labels: ['kind'],
  },
  trunkline_events_total: { kind: 'counter', help: 'Events appended from requests.', labels: ['kind'] },
  trunkline_released_total: {
    kind: 'counter',
    help: 'Events made of requests that paused sources had held.',
    labels: [],
  },
  trunkline_unknown_routes_total: {
    kind: 'counter',
    help: 'Events whose route their source does not know.',
    labels: ['kind'],
  },
  trunkline_fanned_out_total: { kind: 'counter', help: 'Deliveries made by fan-out.', labels: [] },
  trunkline_derived_events_total: {
    kind: 'counter',
    help: 'Events that a follower made of others.',
    labels: ['follower'],
  },
  trunkline_passed_over_total: {
    kind: 'counter',
    help: 'Events that a follower could make nothing of.',
    labels: ['follower'],
  },
  trunkline_jobs_total: { kind: 'counter', help: 'Jobs that have ended.', labels: ['kind', 'status'] },
  trunkline_job_rows_total: { kind: 'counter', help: 'Rows that jobs have looked at.', labels: ['kind'] },
  trunkline_handling_failures_total: {
    kind: 'counter',
    help: 'Tries at which a follower could not handle an event.',
    labels: ['follower', 'cause'],
  },
  trunkline_parked: { kind: 'gauge', help: 'Events that stand parked, up to 10,000 of them.', labels: [] },
  trunkline_parked_total: {
    kind: 'counter',
    help: 'Events that a follower could not handle until their time was up.',
    labels: ['follower'],
  },
  trunkline_attempts_total: {
    kind: 'counter',
    help: 'Attempts at deliveries, by cause; empty when one succeeded.',
    labels: ['cause'],
  },
  trunkline_attempt_seconds: { kind: 'histogram', help: 'How long attempts took.', labels: [] },
  trunkline_delivered_seconds: {
    kind: 'histogram',
    help: 'From the receipt of an event to its successful delivery.',
    labels: [],
  },
  trunkline_on_wire: { kind: 'gauge', help: 'Attempts on the wire now.', labels: [] },
  trunkline_receiving_bytes: { kind: 'gauge', help: 'Bytes of bodies being received now.', labels: [] },
  trunkline_streams: { kind: 'gauge', help: 'Event streams open now.', labels: [] },
  trunkline_streams_dropped_total: {
    kind: 'counter',
    help: 'Event streams that were closed because their reader did not keep up.',
    labels: [],
  },
  trunkline_connections_dropped_total: {
    kind: 'counter',
    help: 'Connections that were closed at once because there were too many.',
    labels: [],
  },
  trunkline_monitor_reports_total: {
    kind: 'counter',
    help: 'Reports to the error monitor: sent, or dropped because it was away or there were too many.',
    labels: ['outcome'],
  },
  trunkline_store_up: { kind: 'gauge', help: '1 while the database takes writes.', labels: [] },
} as const satisfies Record<string, Metric>

interface Metric {
  kind: 'counter' | 'histogram' | 'gauge'
  help: string
  labels: readonly string[]
}

export type MetricName = keyof typeof metrics

export interface Meter {
  /** Adds to a counter. */
  add(name: MetricName, amount: number, labels?: Readonly<Record<string, string>>): void
  /** Records a value in a histogram, or sets a gauge. */
  set(name: MetricName, value: number, labels?: Readonly<Record<string, string>>): void
}

/** Keeps nothing. */
export const silentMeter: Meter = { add() {}, set() {} }
