import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import type { CountedDeliveries, Span } from '../../outbound/delivery/statistics.ts'
import { type Counted, type DeliveryCounts, percentile } from '../../outbound/delivery/statistics.ts'
import { deliveryShape, maskDelivery, showDelivery } from '../deliveries/shape.ts'
import { shownTime, timeQuery } from '../list.ts'
import type { Context } from '../operation.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs

/** Deliveries that one call counts, those whose attempts it measures, and those that it shows. */
const most = { deliveries: 50_000, attempts: 1000 }
const latestShown = 10

/** How many hours, or days, one answer may hold. */
const mostBuckets = 400

export const statsQuery = {
  from: timeQuery.optional().meta({ description: 'Deliveries made from then on; a day ago when it is left out.' }),
  to: timeQuery.optional().meta({ description: 'And before then; now when it is left out.' }),
  by: z.enum(['hour', 'day']).default('hour').meta({ description: 'Of what length the parts are, in UTC.' }),
}

const counts = {
  total: z.number(),
  success: z.number(),
  failed: z.number(),
  unfinished: z.number().meta({ description: 'Pending, waiting and retrying ones.' }),
}

export const statsShape = z
  .object({
    from: z.string(),
    to: z.string(),
    countedFrom: z.string().meta({
      description:
        'From then on every delivery is counted: all numbers are exact for that time. Later than `from` when there are more than 50,000.',
    }),
    isComplete: z.boolean().meta({ description: 'Whether `countedFrom` is `from`.' }),
    total: z.number(),
    success: z.number(),
    failed: z.number(),
    pending: z.number().meta({ description: 'Not attempted yet.' }),
    retrying: z.number().meta({ description: 'Attempted, and to be attempted again.' }),
    waiting: z.number().meta({ description: 'Standing behind another one of their key.' }),
    successRate: z
      .number()
      .nullable()
      .meta({ description: 'Of those that ended, 0 to 1; null when none has.', example: 0.9975 }),
    attemptMs: z
      .object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable(), of: z.number() })
      .meta({
        description:
          'How long an attempt takes, from the look-up of the host to the end of the answer: of the attempts at the latest 1,000 deliveries, `of` in number.',
      }),
    parts: z
      .array(z.object({ at: z.string(), ...counts }))
      .meta({ description: 'Those with deliveries, oldest first.' }),
    latest: z.array(deliveryShape).meta({ description: 'The ten newest.' }),
  })
  .meta({ id: 'Stats' })

/** The span that is asked for; refuses one that ends before it begins, or has more parts than an answer holds. */
export function spanOf(
  { from, to, by }: { from?: number | undefined; to?: number | undefined; by: 'hour' | 'day' },
  now: number,
): Span {
  const span = { from: from ?? (to ?? now) - dayMs, to: to ?? now + 1 }
  const partMs = by === 'hour' ? hourMs : dayMs
  const wrong =
    span.from >= span.to
      ? 'must be before "to"'
      : (span.to - span.from) / partMs > mostBuckets
        ? `must be at most ${mostBuckets} ${by}s before "to"${by === 'hour' ? ': ask by day' : ''}`
        : undefined
  if (wrong !== undefined) {
    throw new Problem('INVALID_INPUT', `/query/from: ${wrong}`, { errors: [{ at: '/query/from', message: wrong }] })
  }
  return span
}

/** Counts what is meant, and shows it. */
export async function readStatsOf(
  { reads, workspaceId, clock }: Pick<Context, 'reads' | 'workspaceId' | 'clock'>,
  of: CountedDeliveries,
  query: Parameters<typeof spanOf>[0],
): Promise<z.input<typeof statsShape>> {
  const now = clock.now()
  const span = spanOf(query, now)
  const [found, latest] = await Promise.all([
    reads.statistics.deliveries(workspaceId, of, span, most),
    reads.deliveries.list(workspaceId, { ...of, from: span.from, to: span.to }, { after: null, limit: latestShown }),
  ])
  return {
    ...showStats(found, span, query.by),
    latest: latest.rows.map((each) => maskDelivery(showDelivery(each, now))),
  }
}

function showStats({ from, to, counted, tookMs }: DeliveryCounts, asked: Span, by: 'hour' | 'day') {
  const sum = (isMeant: (each: Counted) => boolean) =>
    counted.filter(isMeant).reduce((all, { count }) => all + count, 0)
  const success = sum(({ status }) => status === 'success')
  const failed = sum(({ status }) => status === 'failed')
  return {
    from: shownTime(asked.from),
    to: shownTime(to),
    countedFrom: shownTime(from),
    isComplete: from === asked.from,
    total: sum(() => true),
    success,
    failed,
    pending: sum(({ status, isTried }) => status === 'pending' && !isTried),
    retrying: sum(({ status, isTried }) => status === 'pending' && isTried),
    waiting: sum(({ status }) => status === 'waiting'),
    successRate: success + failed === 0 ? null : success / (success + failed),
    attemptMs: {
      p50: percentile(tookMs, 50),
      p95: percentile(tookMs, 95),
      p99: percentile(tookMs, 99),
      of: tookMs.length,
    },
    parts: partsOf(counted, by === 'hour' ? hourMs : dayMs),
  }
}

function partsOf(counted: readonly Counted[], partMs: number) {
  const parts = new Map<number, { total: number; success: number; failed: number; unfinished: number }>()
  for (const { hour, status, count } of counted) {
    const at = hour - (hour % partMs)
    const part = parts.get(at) ?? { total: 0, success: 0, failed: 0, unfinished: 0 }
    parts.set(at, part)
    part.total += count
    part[status === 'success' || status === 'failed' ? status : 'unfinished'] += count
  }
  return [...parts].sort(([one], [other]) => one - other).map(([at, part]) => ({ at: shownTime(at), ...part }))
}
