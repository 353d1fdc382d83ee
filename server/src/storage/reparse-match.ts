import type { NewEvent } from '../events/event.ts'
import { storableText } from './rows.ts'

/** An event that a request has in the log. */
export interface Former extends Pick<NewEvent, 'id' | 'workspaceId' | 'customer' | 'type' | 'subject' | 'orderKey'> {
  data: string | null
  /** Its data has been taken away since. */
  isErased: boolean
}

/** Which of today's events a request has already. */
export interface Matched {
  /** For each of today's events the one in the log that it equals. */
  formers: readonly (Former | undefined)[]
  /** Those in the log that today's parser does not make. */
  outdated: readonly Former[]
  /** Those that wait outside of the log, by the event of today's that they equal. */
  waiting: ReadonlyMap<NewEvent, NewEvent>
  waitingBefore: number
}

/**
 * Pairs today's events with those of before: equal are those with the same owner, type, subject, order key and data, and
 * each is paired once, so that of two equal events both are known. Those whose keys are `elsewhere` come last: what there is
 * was not made of them, and an event alike that was must find it, or it would be made again each time.
 */
export function match(
  events: readonly NewEvent[],
  made: readonly Former[],
  waiting: readonly NewEvent[],
  elsewhere: ReadonlySet<NewEvent>,
): Matched {
  const inLog = shelf(made)
  const held = shelf(waiting.map((event) => ({ ...event, isErased: false })))
  const ordered = [...events.filter((each) => !elsewhere.has(each)), ...elsewhere]
  const paired = new Map(ordered.map((event) => [event, inLog.take(event)]))
  const formers = events.map((event) => paired.get(event))
  const pairs = new Map<NewEvent, NewEvent>()
  for (const event of ordered) {
    const before = paired.get(event) ? undefined : held.take(event)
    if (before) pairs.set(event, before)
  }
  return { formers, outdated: inLog.rest(), waiting: pairs, waitingBefore: waiting.length }
}

/** Those of the events that have a key, and another event beside them that is alike: only the keys tell them apart. */
export function alikeWithKeys(events: readonly NewEvent[]): readonly NewEvent[] {
  if (events.length < 2) return []
  const looks = events.map((event) => lookOf(event, false))
  const counts = new Map<string, number>()
  for (const look of looks) counts.set(look, (counts.get(look) ?? 0) + 1)
  return events.filter(({ dedupe }, i) => dedupe !== null && (counts.get(looks[i] ?? '') ?? 0) > 1)
}

type Comparable = Pick<NewEvent, 'workspaceId' | 'customer' | 'type' | 'subject' | 'orderKey' | 'data'>

/** Things of before, each to be taken once. */
function shelf<Thing extends Comparable & { isErased: boolean }>(things: readonly Thing[]) {
  const byLook = new Map<string, Thing[]>()
  for (const thing of things) {
    const look = lookOf(thing, thing.isErased)
    const alike = byLook.get(look)
    if (alike) alike.push(thing)
    else byLook.set(look, [thing])
  }
  const taken = new Set<Thing>()
  const takeLike = (look: string) => {
    const thing = byLook.get(look)?.shift()
    if (thing) taken.add(thing)
    return thing
  }
  return {
    // What has been erased cannot differ.
    take: (event: Comparable) => takeLike(lookOf(event, false)) ?? takeLike(lookOf(event, true)),
    rest: () => things.filter((thing) => !taken.has(thing)),
  }
}

/** All that two equal events have in common, as it is stored. */
function lookOf({ workspaceId, customer, type, subject, orderKey, data }: Comparable, isErased: boolean): string {
  const text = data === null || typeof data === 'string' ? data : Buffer.from(data).toString()
  return JSON.stringify([workspaceId, customer, type, stored(subject), stored(orderKey), isErased ? 0 : stored(text)])
}

const stored = (text: string | null): string | null => text && storableText(text)
