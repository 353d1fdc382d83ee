import type { Keep } from './keep.ts'
import type { Amount, Held, Sizes } from './retention-store.ts'

export type ClassName = 'bodies' | 'records' | 'successes' | 'quarantine' | 'dedupe-keys'

/** What is kept of one class, and what that comes to. */
export interface ClassForecast {
  name: ClassName
  rows: number
  bytes: number
  perDay: { rows: number; bytes: number }
  /** Null for ever. */
  keptDays: number | null
  /** When as much goes as comes; null when that is never. */
  comesTo: { bytes: number; inDays: number } | null
}

export interface Forecast {
  classes: readonly ClassForecast[]
  /** Of the whole database, with its indexes and what it wastes; null when it never stops growing. */
  comesTo: { bytes: number; inDays: number } | null
  perDayBytes: number
  sentences: readonly string[]
}

const dayMs = 24 * 60 * 60 * 1000
/** Dedupe keys have windows of their own: those of requests, and those of published events. */
const dedupeDays = 30
const idempotencyDays = 1

/** Says what the database will come to if what comes in goes on as in the last days. */
export function forecastOf(sizes: Sizes, keep: Keep, now: number, freeDiskBytes: number | null): Forecast {
  const classes = classesOf(sizes.tables, keep, now)
  const { overhead, emptyBytes } = overheadOf(sizes, classes)
  const perDayBytes = Math.round(classes.reduce((sum, { perDay }) => sum + perDay.bytes, 0) * overhead)
  const steady = classes.map(({ comesTo }) => comesTo)
  const comesTo = steady.every((each) => each !== null)
    ? {
        bytes: Math.round(steady.reduce((sum, { bytes }) => sum + bytes, 0) * overhead + emptyBytes),
        inDays: Math.max(...steady.map(({ inDays }) => inDays)),
      }
    : null
  const sentences = sentencesOf({ sizes, comesTo, perDayBytes, freeDiskBytes })
  return { classes, comesTo, perDayBytes, sentences }
}

/** What is kept for a time of its own takes its bodies along, unless bodies are kept for less long anyway. */
function classesOf(tables: readonly Held[], keep: Keep, now: number): ClassForecast[] {
  const { bodiesDays, recordsDays, quarantineDays, successesDays = recordsDays } = keep
  const keys = tables.filter(({ table }) => table === 'dedupe-keys')
  const log = tables.filter(({ table }) => table !== 'dedupe-keys')
  const refused = log.filter(({ table }) => table === 'requests').map(apartOf)
  const succeeded = log.filter(({ table }) => table === 'deliveries' || table === 'attempts').map(apartOf)
  const rest = log.map(restOf)
  const isShorter = (days: number) => days !== 0 && (bodiesDays === 0 || days < bodiesDays)
  const withBodies = (days: number): BytesOf => (isShorter(days) ? bytesOf : recordsOf)
  const bodies = [
    ...rest,
    ...(isShorter(quarantineDays) ? [] : refused),
    ...(isShorter(successesDays) ? [] : succeeded),
  ]
  return [
    classOf('bodies', bodies, ({ bodyBytes }) => bodyBytes, bodiesDays, now),
    classOf('records', rest, recordsOf, recordsDays, now),
    classOf('successes', succeeded, withBodies(successesDays), successesDays, now),
    classOf('quarantine', refused, withBodies(quarantineDays), quarantineDays, now),
    together(
      classOf('dedupe-keys', keys.map(restOf), recordsOf, dedupeDays, now),
      classOf('dedupe-keys', keys.map(apartOf), recordsOf, idempotencyDays, now),
    ),
  ]
}

/** A part of a table. */
interface Part extends Amount {
  oldestAt: number | null
  perDay: Amount
}
type BytesOf = (amount: Amount) => number

const recordsOf: BytesOf = ({ recordBytes }) => recordBytes
const bytesOf: BytesOf = ({ recordBytes, bodyBytes }) => recordBytes + bodyBytes
const apartOf = ({ apart, oldestAt }: Held): Part => ({ ...apart, oldestAt })
const restOf = ({ apart, ...held }: Held): Part => ({
  ...held,
  ...less(held, apart),
  perDay: less(held.perDay, apart.perDay),
})

const less = (all: Amount, part: Amount): Amount => ({
  rows: all.rows - part.rows,
  recordBytes: all.recordBytes - part.recordBytes,
  bodyBytes: all.bodyBytes - part.bodyBytes,
})

function classOf(name: ClassName, parts: readonly Part[], bytes: BytesOf, days: number, now: number): ClassForecast {
  const sum = (value: (each: Part) => number) => Math.round(parts.reduce((all, each) => all + value(each), 0))
  const perDay = { rows: sum((each) => each.perDay.rows), bytes: sum((each) => bytes(each.perDay)) }
  const oldest = Math.min(...parts.flatMap(({ oldestAt }) => oldestAt ?? []), now)
  const inDays = Math.max(0, Math.ceil(days - (now - oldest) / dayMs))
  const isEndless = days === 0 && perDay.bytes > 0
  return {
    name,
    rows: sum(({ rows }) => rows),
    bytes: sum(bytes),
    perDay,
    keptDays: days === 0 ? null : days,
    comesTo: isEndless ? null : { bytes: perDay.bytes * days, inDays: perDay.bytes === 0 ? 0 : inDays },
  }
}

/** Two parts of one class, of which the first is kept for longer. */
function together(long: ClassForecast, short: ClassForecast): ClassForecast {
  const bytes = (long.comesTo?.bytes ?? 0) + (short.comesTo?.bytes ?? 0)
  return {
    ...long,
    rows: long.rows + short.rows,
    bytes: long.bytes + short.bytes,
    perDay: { rows: long.perDay.rows + short.perDay.rows, bytes: long.perDay.bytes + short.perDay.bytes },
    comesTo: long.comesTo && { bytes, inDays: long.comesTo.inDays },
  }
}

/** Pages are never full and have indexes beside them: how much larger the database is than what the rows hold. */
function overheadOf(
  { databaseBytes, reusableBytes }: Sizes,
  classes: readonly ClassForecast[],
): { overhead: number; emptyBytes: number } {
  const bytes = classes.reduce((sum, each) => sum + each.bytes, 0)
  // Of a small database most is its empty tables, which stay.
  const smallOverhead = 1.5
  if (bytes < 1_000_000) {
    const emptyBytes = Math.max(0, databaseBytes - reusableBytes - bytes * smallOverhead)
    return { overhead: smallOverhead, emptyBytes }
  }
  return { overhead: Math.min(10, Math.max(1, (databaseBytes - reusableBytes) / bytes)), emptyBytes: 0 }
}

function sentencesOf({
  sizes: { databaseBytes, reusableBytes },
  comesTo,
  perDayBytes,
  freeDiskBytes,
}: {
  sizes: Sizes
  comesTo: Forecast['comesTo']
  perDayBytes: number
  freeDiskBytes: number | null
}): string[] {
  const sentences: string[] = []
  if (perDayBytes === 0) sentences.push('Nothing has come in lately, so the database does not grow.')
  else if (comesTo === null) {
    sentences.push(
      `The database grows by about ${shownBytes(perDayBytes)} a day, and never stops: something is kept for ever.`,
    )
    if (freeDiskBytes !== null)
      sentences.push(
        `The ${shownBytes(freeDiskBytes)} that are free are full in ${daysText(freeDiskBytes / perDayBytes)}.`,
      )
  } else {
    const when =
      comesTo.inDays === 0
        ? 'It'
        : `At this rate the database will be ${shownBytes(comesTo.bytes)} in ${daysText(comesTo.inDays)} and`
    sentences.push(
      comesTo.inDays === 0
        ? `At this rate the database stays at about ${shownBytes(comesTo.bytes)}.`
        : `${when} stay there.`,
    )
    const more = comesTo.bytes - databaseBytes
    if (freeDiskBytes !== null && more > freeDiskBytes)
      sentences.push(
        `That is ${shownBytes(more - freeDiskBytes)} more than there is room for: the disk is full in ${daysText(freeDiskBytes / perDayBytes)}. Keep less, or give it a larger disk.`,
      )
  }
  if (reusableBytes > databaseBytes / 5)
    sentences.push(`${shownBytes(reusableBytes)} of it are empty and are filled before it grows.`)
  return sentences
}

const daysText = (days: number): string => {
  const whole = Math.max(1, Math.floor(days))
  return whole === 1 ? 'a day' : `${whole} days`
}

/** `4.1 GB`, in powers of a thousand. */
export function shownBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`
}
