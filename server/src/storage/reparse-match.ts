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
 * each is paired once, so that of two equal events both are known. `keptBy` tells which event has the key of one: it is paired
 * with that, if they are equal. Those whose keys another has come last: what there is was not made of them, and an
 * event alike that was must find it, or it would be made again each time.
 */
export function match(
  events: readonly NewEvent[],
  made: readonly Former[],
  waiting: readonly NewEvent[],
  keptBy: ReadonlyMap<NewEvent, string>,
): Matched {
  const inLog = shelf(made)
  const held = shelf(waiting.map((event) => ({ ...event, isErased: false })))
  const paired = new Map<NewEvent, Former>()
  const pair = (event: NewEvent, former: Former | undefined) => former && paired.set(event, former)
  for (const [event, id] of keptBy) pair(event, inLog.takeOne(event, id))
  const repeats = repeatsIn(events)
  const isLast = (event: NewEvent) => keptBy.has(event) || repeats.has(event)
  const open = events.filter((event) => !paired.has(event))
  const ordered = [...open.filter((event) => !isLast(event)), ...open.filter(isLast)]
  for (const event of ordered) pair(event, inLog.take(event))
  const pairs = new Map<NewEvent, NewEvent>()
  for (const event of ordered) {
    const before = paired.has(event) ? undefined : held.take(event)
    if (before) pairs.set(event, before)
  }
  const formers = events.map((event) => paired.get(event))
  return { formers, outdated: inLog.rest(), waiting: pairs, waitingBefore: waiting.length }
}

/** Those with the key of one before them: a request makes one event a key. */
function repeatsIn(events: readonly NewEvent[]): ReadonlySet<NewEvent> {
  const keys = new Set<string>()
  return new Set(
    events.filter(({ dedupe }) => {
      const isKnown = dedupe !== null && keys.has(dedupe.key)
      if (dedupe) keys.add(dedupe.key)
      return isKnown
    }),
  )
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
function shelf<Thing extends Comparable & { id: string; isErased: boolean }>(things: readonly Thing[]) {
  const byLook = new Map<string, Thing[]>()
  for (const thing of things) {
    const look = lookOf(thing, thing.isErased)
    const alike = byLook.get(look)
    if (alike) alike.push(thing)
    else byLook.set(look, [thing])
  }
  const taken = new Set<Thing>()
  const take = (thing: Thing | undefined) => {
    if (thing) taken.add(thing)
    return thing
  }
  const takeLike = (look: string) => {
    const alike = byLook.get(look) ?? []
    while (alike[0] && taken.has(alike[0])) alike.shift()
    return take(alike.shift())
  }
  const byId = new Map(things.map((thing) => [thing.id, thing]))
  return {
    /** The first that equals it. What has been erased cannot differ. */
    take: (event: Comparable) => takeLike(lookOf(event, false)) ?? takeLike(lookOf(event, true)),
    /** The one with this id, if it equals it and is still there. */
    takeOne(event: Comparable, id: string) {
      const thing = byId.get(id)
      const isAlike = thing && !taken.has(thing) && lookOf(thing, thing.isErased) === lookOf(event, thing.isErased)
      return isAlike ? take(thing) : undefined
    },
    rest: () => things.filter((thing) => !taken.has(thing)),
  }
}

/** All that two equal events have in common, as it is stored. */
function lookOf({ workspaceId, customer, type, subject, orderKey, data }: Comparable, isErased: boolean): string {
  const text = data === null || typeof data === 'string' ? data : Buffer.from(data).toString()
  return JSON.stringify([workspaceId, customer, type, stored(subject), stored(orderKey), isErased ? 0 : stored(text)])
}

const stored = (text: string | null): string | null => text && storableText(text)
