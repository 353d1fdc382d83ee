import type { Event } from './event.ts'
import { type Condition, type Fault, parseExpression } from './filter-grammar.ts'
import { compile, type Matter } from './filter-match.ts'

/** A filter that is ready to be asked. */
export interface Filter {
  /** Whether it looks at the event's data; otherwise the event may come without. */
  readsData: boolean
  /** How many parts it has: how often it may look at each value of an event. */
  parts: number
  matches(matter: Matter): boolean
}

export type ParsedFilter = { kind: 'ok'; text: string } | ({ kind: 'refused' } & Fault)

/** The most that a filter may be, as the text of its JSON. */
const mostBytes = 16 * 1024

/**
 * Judges a filter expression that somebody gives, as the value of its JSON, and answers the text to keep: an object in
 * which all must hold, such as `{"type": "invoice.paid", "data.amount": {"$gte": 100}}`. A refusal says where, as a JSON
 * pointer into the filter, and why.
 *
 * @example
 * const parsed = parseFilter({ 'data.amount': { $gte: 100 } })
 */
export function parseFilter(value: unknown): ParsedFilter {
  const parsed = parseExpression(value)
  if ('fault' in parsed) return { kind: 'refused', ...parsed.fault }
  // Only now: writing what is nested without end would run out of stack.
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  if (bytes <= mostBytes) return { kind: 'ok', text }
  return { kind: 'refused', at: '', message: `has ${bytes} bytes of JSON; at most ${mostBytes} are allowed` }
}

/**
 * Makes a filter of the text that `parseFilter` has answered. Throws for any other.
 *
 * @example
 * openFilter(text).matches(matterOf(event))
 */
export function openFilter(text: string): Filter {
  const parsed = parseExpression(JSON.parse(text))
  if ('fault' in parsed) throw new Error(`the stored filter cannot be read: ${parsed.fault.at} ${parsed.fault.message}`)
  const { condition, parts } = parsed
  return { readsData: readsData(condition), parts, matches: compile(condition) }
}

function readsData(condition: Condition): boolean {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.some(readsData)
    case 'not':
      return readsData(condition.of)
    case 'test':
      return condition.path[0] === 'data'
  }
}

/** What filters look into. Reading the data is most of the work: do it once for all the filters of an event. */
export function matterOf(
  event: Pick<Event, 'type' | 'subject' | 'customer' | 'orderKey' | 'sourceId' | 'data'>,
): Matter {
  const { type, subject, customer, orderKey, sourceId, data } = event
  return { type, subject, customer, orderKey, sourceId, ...(data === null ? {} : { data: JSON.parse(data) }) }
}
