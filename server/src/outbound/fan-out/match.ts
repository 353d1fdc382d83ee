import { type EventHead, isEventType, ownTypePrefix } from '../../events/event.ts'
import type { Target } from '../endpoint/endpoint-store.ts'
import { isTrial } from '../endpoint/trial-type.ts'

/** Why a text, which the message does not repeat, is no event type filter, or undefined when it is one: an exact type, `prefix.*`, or `**`. */
export function checkPattern(pattern: string): string | undefined {
  if (pattern === '**') return undefined
  const body = pattern.endsWith('.*') ? pattern.slice(0, -2) : pattern
  if (isEventType(body)) return undefined
  return 'is not an event type, "prefix.*" or "**"'
}

/** Whether an event type is meant by a filter. `github.*` means every type that begins with `github.`, however deep. */
export function matchesType(pattern: string, type: string): boolean {
  // Our own news about endpoints and sources goes only to those who name it: an endpoint for everything would hear of itself.
  if (pattern === '**') return !type.startsWith(ownTypePrefix)
  const isMeant = pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
  return isMeant && !isTrial(type)
}

/** The kind of thing that a type of event is about: its first word. */
export function resourceTypeOf(type: string): string {
  const end = type.indexOf('.')
  return end < 0 ? type : type.slice(0, end)
}

/**
 * Whether an endpoint gets an event, as far as one can tell without its data: it existed when the event was appended, its
 * customer fits, and it asked for the type and the kind of thing.
 */
export function wants(target: Target, event: EventHead): boolean {
  return (
    event.seq > target.afterSeq &&
    (target.customer === null || target.customer === event.customer) &&
    asksFor(target, event.type)
  )
}

/** Whether an endpoint asked for events of a type, and for the kind of thing that they are about. */
export function asksFor({ eventTypes, resourceTypes }: Target, type: string): boolean {
  return (
    eventTypes.some((pattern) => matchesType(pattern, type)) &&
    (resourceTypes === null || resourceTypes.includes(resourceTypeOf(type)))
  )
}
