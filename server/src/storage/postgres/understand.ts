import pg from 'pg'
import { StoreUnavailable } from '../../base/errors.ts'

/** The connection cannot be used any more. What it was doing last may or may not have been kept. */
export class ConnectionLost extends StoreUnavailable {}

/** There was no connection to be had on which a transaction could be begun: nothing was done. */
export class NotBegun extends ConnectionLost {}

/** Two transactions stood in each other's way and this one was undone. Run again, it goes through. */
export class Conflict extends StoreUnavailable {}

/** Serialization failure, deadlock. */
const conflicts = new Set(['40001', '40P01'])

/**
 * SQLSTATE classes and codes of a server that cannot take or give anything now: no connection, no disk, memory or
 * connections left, cancelled or shutting down, failing disk; then a table or row locked for too long, a standby, a
 * transaction left idle, and a damaged file.
 */
const unavailableClasses = new Set(['08', '53', '57', '58'])
const unavailableCodes = new Set(['55P03', '25006', '25P03', '25P04', 'XX001', 'XX002'])

/** Turns what the driver threw into what the stores throw. A statement that is wrong by itself stays as it is. */
export function understand(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error
  if (!(error instanceof pg.DatabaseError)) {
    // The driver's own errors (refused, reset, timed out) carry no code; a value that cannot be sent is a bug of ours.
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error
    return new ConnectionLost(`PostgreSQL: ${messageOf(error)}`, error)
  }
  const { code = '', severity, message } = error
  if (severity === 'FATAL' || severity === 'PANIC') return new ConnectionLost(`PostgreSQL: ${message}`, error)
  if (conflicts.has(code)) return new Conflict(`PostgreSQL: ${message}`, error)
  if (unavailableClasses.has(code.slice(0, 2)) || unavailableCodes.has(code)) {
    return new StoreUnavailable(`PostgreSQL: ${message}`, error)
  }
  return error
}

/** Node tries every address of a name and reports all failures as one error that has no message of its own. */
function messageOf(error: Error): string {
  if (error.message) return error.message
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name
}
