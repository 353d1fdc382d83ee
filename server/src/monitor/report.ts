import { type DescribedError, describeError } from '../base/describe-error.ts'
import { plain } from '../base/journal.ts'
import type { Facts } from '../base/log.ts'

/** A fault of ours, as the error monitor is told: masked, and without any payload. */
export interface Report {
  /** The name of the line in the log. */
  event: string
  at: number
  error: DescribedError | undefined
  /** What else the line says: ids, codes, counts. */
  facts: Readonly<Record<string, string | number | boolean>>
  /** How many there were since the last report of the same. */
  count: number
}

export function reportOf(event: string, facts: Facts, at: number): Report {
  const { error, ...rest } = facts
  const told: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(plain(rest))) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') told[name] = value
    else if (Array.isArray(value)) told[name] = value.slice(0, 20).join(' ')
  }
  return { event, at, error: error instanceof Error ? describeError(error) : undefined, facts: told, count: 1 }
}

/** The same for reports of one place and one message. Ids and counts in a message do not make it another. */
export function keyOf({ event, error, facts }: Report): string {
  const message = error?.message.replaceAll(/\b[a-z]{2,5}_[0-9a-z]{26}\b|\d+/g, '#')
  return JSON.stringify([
    event,
    facts.follower,
    facts.kind,
    facts.type,
    facts.cause,
    error?.name,
    message,
    error?.frames[0],
  ])
}
