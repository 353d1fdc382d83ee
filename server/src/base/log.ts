/**
 * A line of the log: a name for what happened, and its facts. Facts are ids, counts, codes and times, never bodies; what
 * is personal in their texts the journal masks.
 */
export interface Log {
  /** What is told to nobody most of the time is not put together either. */
  debug(event: string, facts?: () => Facts): void
  info(event: string, facts?: Facts): void
  warn(event: string, facts?: Facts): void
  error(event: string, facts?: Facts): void
}

export type Facts = Record<string, string | number | boolean | null | undefined | Error | readonly string[]>

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
