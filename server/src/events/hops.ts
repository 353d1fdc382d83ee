/**
 * How often an event has come back to a Trunkline through the deliveries of one: each delivery says one more, and what comes
 * in with it keeps the number. Without it two endpoints that lead to each other's sources would call each other for ever.
 */
export const hopsHeader = 'x-trunkline-hops'

/** An event that has come so often is not delivered any more. A chain of servers on purpose is shorter. */
export const mostHops = 8

/** What the header says; 0 when it is missing or says nothing. The sender of a webhook can only stop his own events with it. */
export function readHops(value: string | undefined): number {
  return value !== undefined && /^[1-9][0-9]{0,3}$/.test(value) ? Number(value) : 0
}
