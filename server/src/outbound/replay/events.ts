import type { LoggedEvent } from '../../events/event.ts'
import { type Filter, matterOf, openFilter } from '../../events/filter-expression.ts'
import type { FactReader } from '../../events/follow/reading.ts'
import type { LogReads } from '../../events/log-store.ts'
import { fanOut } from '../fan-out/fan-out.ts'
import { type Answers, type AskedEvent, isHeavy } from '../fan-out/filtering.ts'
import type { Choice } from './choice.ts'

/** What is asked of the events themselves, over what their deliveries tell. */
export interface Asked {
  /** Whether anything is; otherwise the events need not be read. */
  isAny: boolean
  /** Of these events those that are meant, in their order. */
  meant(events: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]>
}

/** How events are read. */
export interface EventReading {
  log: Pick<LogReads, 'eventsAt'>
  /** Answers filters that may take long, in another process, each event for at most so long. */
  reader: FactReader
  limitMs: number
}

/** Events whose data is in memory at once. */
const readAtOnce = 16

interface Opened {
  text: string
  filter: Filter
}

/** Prepares what a choice asks of events, and what the endpoint's own filter does. */
export function askOf(
  { orderKey, where }: Pick<Choice, 'orderKey' | 'where'>,
  reading: EventReading,
  own: string | null = null,
): Asked {
  const filters = [where ?? null, own]
    .filter((text) => text !== null)
    .map((text) => ({ text, filter: openFilter(text) }))
  return {
    isAny: orderKey !== undefined || filters.length > 0,
    async meant(events) {
      const keyed = orderKey === undefined ? events : events.filter((event) => event.orderKey === orderKey)
      return filters.length === 0 ? keyed : matching(keyed, filters, reading)
    },
  }
}

async function matching(
  events: readonly LoggedEvent[],
  filters: readonly Opened[],
  reading: EventReading,
): Promise<LoggedEvent[]> {
  const ofHeads = filters.filter(({ filter }) => !filter.readsData)
  const ofData = filters.filter(({ filter }) => filter.readsData)
  const left = events.filter((event) => fits({ ...event, data: null }, ofHeads))
  if (ofData.length === 0 || left.length === 0) return left
  const parts = ofData.reduce((sum, { filter }) => sum + filter.parts, 0)
  const heavy = left.filter(({ dataBytes }) => isHeavy(dataBytes, parts))
  const fitting = new Set(await fittingElsewhere(heavy, ofData, reading))
  const light = left.filter((event) => !heavy.includes(event)).map(({ seq }) => seq)
  for (let i = 0; i < light.length; i += readAtOnce) {
    const read = await reading.log.eventsAt(light.slice(i, i + readAtOnce), true)
    for (const event of read) if (fits(event, ofData)) fitting.add(event.seq)
  }
  return left.filter(({ seq }) => fitting.has(seq))
}

/** One after the other: each may be as large as a body may be. What cannot be read in time is not meant. */
async function fittingElsewhere(
  events: readonly LoggedEvent[],
  filters: readonly Opened[],
  { log, reader, limitMs }: EventReading,
): Promise<number[]> {
  const fitting: number[] = []
  const asked = Object.fromEntries(filters.map(({ text }, i) => [String(i), text]))
  for (const { seq } of events) {
    const [event] = await log.eventsAt([seq], true)
    if (!event) continue
    const question: AskedEvent = { ...event, filters: asked }
    const [answer] = await reader.read(fanOut.name, [question], undefined, limitMs)
    const reading = answer?.[1]
    if (reading && 'fact' in reading && Object.values(reading.fact as Answers).every(Boolean)) fitting.push(seq)
  }
  return fitting
}

function fits(event: Parameters<typeof matterOf>[0], filters: readonly Opened[]): boolean {
  if (filters.length === 0) return true
  const matter = matterOf(event)
  return filters.every(({ filter }) => filter.matches(matter))
}
