import type { Event, EventHead, LoggedEvent } from '../../events/event.ts'
import { type Filter, matterOf, openFilter } from '../../events/filter-expression.ts'
import type { Followed } from '../../events/follow/follower.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import { type FilteringTarget, lastTargetsOf, looksIntoData, type OpenTarget, type Targets } from './targets.ts'

/** An event with the filters that it is asked about, by the ids of their endpoints. */
export type AskedEvent = Event & { filters: Readonly<Record<string, string>> }

/** What filters say of an event, by the ids of their endpoints. */
export type Answers = Readonly<Record<string, boolean>>

/**
 * Bytes of data times parts of filters: about so many steps an event may cost where the database is, which is a few
 * milliseconds at worst. What may cost more is read in another process.
 */
const mostSteps = 1_000_000
/** And so many bytes of data. */
const mostBytes = 64 * 1024

/** Whether filters of so many parts over so much data are to be answered in another process. */
export const isHeavy = (bytes: number, parts: number): boolean => bytes > mostBytes || bytes * parts > mostSteps

/** At most this much data is read at once; at least one event is. */
const mostBytesAtOnce = 4 * 1024 * 1024

/** So many events' data is in memory at once to be answered here, and no more than that much data. */
const eventsAtOnce = 64

interface Asking {
  endpoints: EndpointStore
  log: Pick<LogStore, 'eventsAt'>
}

/**
 * The first of those events that must be read in another process before their filters can be answered: what may take
 * long. Mostly none; without filters nothing is looked up.
 */
export async function askElsewhere(
  { endpoints, log }: Asking,
  events: readonly LoggedEvent[],
): Promise<readonly AskedEvent[]> {
  const found: AskedEvent[] = []
  let bytes = 0
  for (const event of events) {
    const targets = filtering(await lastTargetsOf(endpoints, event.workspaceId), event)
    const parts = targets.reduce((sum, { opened }) => sum + opened.parts, 0)
    if (parts === 0 || !isHeavy(event.dataBytes, parts)) continue
    bytes += event.dataBytes
    if (found.length > 0 && bytes > mostBytesAtOnce) break
    const [whole] = await log.eventsAt([event.seq], true)
    const filters = Object.fromEntries(targets.map(({ id, filter }) => [id, filter]))
    if (whole) found.push({ ...whole, filters })
  }
  return found
}

/** What the filters say of an event: the reading of it, in a process of its own. */
export function answerFilters({ filters, ...event }: AskedEvent): Answers {
  const matter = matterOf(event)
  return Object.fromEntries(
    Object.entries(filters).map(([endpointId, text]) => [endpointId, cached(text).matches(matter)]),
  )
}

/**
 * Says which targets want an event, filters and all. What has not been answered elsewhere is answered here; for that the
 * data of those events is read that a filter looks into.
 */
export async function wantingTargets(
  log: Pick<LogStore, 'dataOf'>,
  events: readonly Followed<Answers | undefined>[],
  targets: ReadonlyMap<string, Targets>,
): Promise<(event: EventHead) => readonly OpenTarget[]> {
  const answers = new Map<number, Answers>()
  const unanswered: Unanswered[] = []
  for (const event of events) {
    const { fact } = event
    const open = filtering(targets.get(event.workspaceId), event)
    if (open.some(({ id }) => fact?.[id] === undefined)) unanswered.push({ event, open })
    else if (fact) answers.set(event.seq, fact)
  }
  for (const some of groups(unanswered)) {
    const data = await log.dataOf(some.map(({ event }) => event))
    for (const { event, open } of some) {
      const text = data.get(event.seq)
      if (text === undefined) continue
      const matter = matterOf({ ...event, data: text })
      answers.set(event.seq, Object.fromEntries(open.map(({ id, opened }) => [id, opened.matches(matter)])))
    }
  }
  return (event) =>
    (targets.get(event.workspaceId)?.of(event.customer, event.type) ?? []).filter((target) => {
      if (!isLaterThan(target, event)) return false
      return target.opened === null || (answers.get(event.seq)?.[target.id] ?? target.opened.matches(headOf(event)))
    })
}

/** What a filter looks into that does not look into the data. */
const headOf = (event: EventHead) => matterOf({ ...event, data: null })

interface Unanswered {
  event: LoggedEvent
  open: readonly FilteringTarget[]
}

/** At least one at a time. Mostly none is heavy; of an endpoint that has just been given its filter they may all be. */
function* groups(all: readonly Unanswered[]): Generator<readonly Unanswered[]> {
  let group: Unanswered[] = []
  let bytes = 0
  for (const each of all) {
    const { dataBytes } = each.event
    if (group.length === eventsAtOnce || (group.length > 0 && bytes + dataBytes > mostBytesAtOnce)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(each)
    bytes += dataBytes
  }
  if (group.length > 0) yield group
}

/** The targets whose answer depends on the event's data. */
function filtering(targets: Targets | undefined, event: EventHead): readonly FilteringTarget[] {
  if (!targets?.areFiltering) return none
  return targets
    .of(event.customer, event.type)
    .filter(looksIntoData)
    .filter((target) => isLaterThan(target, event))
}

/** Whether the event was appended after the endpoint was made. */
const isLaterThan = ({ afterSeq }: OpenTarget, { seq }: EventHead): boolean => seq > afterSeq

const none: readonly FilteringTarget[] = []

const openFilters = new Map<string, Filter>()
const filtersKept = 1000

function cached(text: string): Filter {
  const open = openFilters.get(text)
  if (open) return open
  if (openFilters.size >= filtersKept) openFilters.clear()
  const made = openFilter(text)
  openFilters.set(text, made)
  return made
}
