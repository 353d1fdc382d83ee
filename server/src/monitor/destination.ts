import type { OtlpTarget, SentryTarget } from '../base/monitor-target.ts'
import type { Report } from './report.ts'

/** What every report says of the server. */
export interface Origin {
  /** The version. */
  release: string
  environment: string
}

/** A report as one request. */
export interface Posting {
  url: string
  headers: Readonly<Record<string, string>>
  body: Buffer
}

/** How a report is posted to one monitor. */
export type Destination = (report: Report) => Posting

/** Where reports go. */
export interface MonitorTargets {
  sentry: SentryTarget | undefined
  otlp: OtlpTarget | undefined
}
