import type { EventHead } from '../../events/event.ts'
import { type Filter, matterOf, openFilter } from '../../events/filter-expression.ts'
import type { LogReads } from '../../events/log-store.ts'
import type { Choice } from './choice.ts'

/** What is asked of the events themselves, over what their deliveries tell. */
export interface Asked {
  /** Whether anything is; otherwise the events need not be read. */
  isAny: boolean
  /** Of these events those that are meant, in their order. */
  meant(events: readonly EventHead[]): Promise<readonly EventHead[]>
}

/** Events whose data is in memory at once: each may be as large as a body may be. */
const readAtOnce = 8

/** Prepares what a choice asks of events, and what the endpoint's own filter does. */
export function askOf(
  { orderKey, where }: Pick<Choice, 'orderKey' | 'where'>,
  log: Pick<LogReads, 'eventsAt'>,
  own: string | null = null,
): Asked {
  const filters = [where ?? null, own].filter((text) => text !== null).map(openFilter)
  return {
    isAny: orderKey !== undefined || filters.length > 0,
    async meant(events) {
      const keyed = orderKey === undefined ? events : events.filter((event) => event.orderKey === orderKey)
      return filters.length === 0 ? keyed : matching(keyed, filters, log)
    },
  }
}

async function matching(
  events: readonly EventHead[],
  filters: readonly Filter[],
  log: Pick<LogReads, 'eventsAt'>,
): Promise<EventHead[]> {
  const light = filters.filter(({ readsData }) => !readsData)
  const heavy = filters.filter(({ readsData }) => readsData)
  const left = events.filter((event) => fits({ ...event, data: null }, light))
  if (heavy.length === 0) return left
  const meant: EventHead[] = []
  for (let i = 0; i < left.length; i += readAtOnce) {
    const some = left.slice(i, i + readAtOnce)
    const read = await log.eventsAt(
      some.map(({ seq }) => seq),
      true,
    )
    const fitting = new Set(read.filter((event) => fits(event, heavy)).map(({ seq }) => seq))
    meant.push(...some.filter(({ seq }) => fitting.has(seq)))
  }
  return meant
}

function fits(event: Parameters<typeof matterOf>[0], filters: readonly Filter[]): boolean {
  if (filters.length === 0) return true
  const matter = matterOf(event)
  return filters.every((filter) => filter.matches(matter))
}
