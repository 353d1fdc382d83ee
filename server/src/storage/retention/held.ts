import type { Amount, Held } from '../../retention/retention-store.ts'

/** What a row beside its texts takes, in bytes. */
const rowBytes = 120

/**
 * What a row holds on average, as some rows tell; the sums of those that are kept for a time of their own, spread over all
 * of them.
 */
export interface Average {
  record: number
  body: number
  apart: { rows: number; record: number; body: number }
}

/** Rows that are counted, of which some were looked at. */
export interface Counted {
  rows: number
  average: Average | undefined
}

/** As it is selected: `record` and `body` in bytes, and whether the row is `apart` as 0 or 1. */
export interface Looked {
  record: number
  body: number
  apart: number
}

/** What is kept apart: what was refused, what succeeded, and the keys of what was published. */
export const apartIn: Readonly<Record<Held['table'], string>> = {
  requests: "verdict = 'quarantined'",
  events: '1 = 0',
  deliveries: 'status = 2',
  attempts: 'cause IS NULL',
  'dedupe-keys': "source_id = 'published'",
}

/** The average of rows, of which the database has made those of their texts: of each of them, and of those apart. */
export function averageOf(of: Average): Average {
  const { record, body, apart } = of
  return { record: record + rowBytes, body, apart: { ...apart, record: apart.record + rowBytes * apart.rows } }
}

/** The same, of rows themselves. */
export function averageOfRows(rows: readonly Looked[]): Average | undefined {
  if (rows.length === 0) return undefined
  const mean = (value: (row: Looked) => number) => rows.reduce((sum, row) => sum + value(row), 0) / rows.length
  return averageOf({
    record: mean(({ record }) => record),
    body: mean(({ body }) => body),
    apart: {
      rows: mean(({ apart }) => apart),
      record: mean(({ record, apart }) => record * apart),
      body: mean(({ body, apart }) => body * apart),
    },
  })
}

/** What a table holds, from its parts and from those parts that came in the last days. */
export function heldOf(
  table: Held['table'],
  oldestAt: number | null,
  all: readonly Counted[],
  lately: readonly Counted[],
  days: number,
): Held {
  return {
    table,
    oldestAt,
    ...amountOf(all, whole),
    perDay: amountOf(lately, whole, days),
    // Keys of what was published are a day old at most.
    apart: {
      ...amountOf(all, apart),
      perDay: amountOf(lately, apart, table === 'dedupe-keys' ? Math.min(days, 1) : days),
    },
  }
}

const whole = ({ record, body }: Average) => ({ rows: 1, record, body })
const apart = (average: Average) => average.apart

function amountOf(counted: readonly Counted[], part: (average: Average) => Average['apart'], days = 1): Amount {
  const sum = (value: (each: Average['apart']) => number) =>
    counted.reduce((total, { rows, average }) => total + (average ? rows * value(part(average)) : 0), 0) / days
  return { rows: sum(({ rows }) => rows), recordBytes: sum(({ record }) => record), bodyBytes: sum(({ body }) => body) }
}
