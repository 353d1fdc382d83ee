import { z } from 'zod'
import { type Job, jobStatuses } from '../../jobs/job.ts'
import { shownTime } from '../list.ts'

export const jobStatusShape = z.enum(jobStatuses)

export const jobShape = z
  .object({
    id: z.string(),
    customer: z
      .string()
      .nullable()
      .meta({ description: 'Whose it is: the customer’s whose key has started it; null for the workspace’s own.' }),
    kind: z.string().meta({ description: 'What it does.', example: 'reprocess' }),
    status: jobStatusShape,
    args: z.record(z.string(), z.unknown()).meta({ description: 'What it was started with.' }),
    count: z
      .number()
      .nullable()
      .meta({ description: 'How many rows there are to look at; null when nobody has counted.' }),
    isAtLeast: z
      .boolean()
      .meta({ description: 'There are more than `count`: counting all would have taken too long.' }),
    counts: z.record(z.string(), z.number()).meta({
      description: 'What it has met until now: `looked` counts every row, the others what became of them.',
    }),
    share: z.number().nullable().meta({ description: 'How much of it is done, 0 to 1; null when it cannot be told.' }),
    perSecond: z.number().nullable().meta({ description: 'At most this many rows a second.' }),
    speed: z.number().nullable().meta({ description: 'Rows a second since it was started or resumed.' }),
    endsAt: z.string().nullable().meta({ description: 'When it will be done at this speed.' }),
    error: z.string().nullable().meta({ description: 'What it failed of.' }),
    createdAt: z.string(),
    updatedAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Job' })

export const jobId = z.object({ id: z.string().max(100) })

/** At most how many rows a second a job may look at. */
export const perSecondShape = z
  .number()
  .int()
  .min(1)
  .max(100_000)
  .optional()
  .meta({ description: 'At most this many rows a second; as fast as it goes when left out.' })

export function showJob(job: Job): z.input<typeof jobShape> {
  const speed = speedOf(job)
  const { count, isAtLeast } = job.plan
  const left = count === null || isAtLeast ? null : Math.max(0, count - job.counts.looked)
  const isRunning = job.status === 'running'
  return {
    id: job.id,
    customer: job.customer,
    kind: job.kind,
    status: job.status,
    args: job.args,
    count,
    isAtLeast,
    counts: job.counts,
    share: shareOf(job),
    perSecond: job.perSecond,
    speed: speed === null ? null : Math.round(speed * 10) / 10,
    endsAt: isRunning && left !== null && speed ? shownTime(job.updatedAt + Math.round((left / speed) * 1000)) : null,
    error: job.error,
    createdAt: shownTime(job.createdAt),
    updatedAt: shownTime(job.updatedAt),
    endedAt: job.endedAt === null ? null : shownTime(job.endedAt),
  }
}

/** Rows a second; null while there is nothing to measure. */
function speedOf({ counts, resumedLooked, updatedAt, resumedAt }: Job): number | null {
  const ms = updatedAt - resumedAt
  return ms > 0 ? ((counts.looked - resumedLooked) * 1000) / ms : null
}

/** One when it is done, whatever was counted before it began: rows come and go meanwhile. */
function shareOf({ status, counts, plan }: Job): number | null {
  if (status === 'done') return 1
  if (plan.count === null || plan.isAtLeast) return null
  return plan.count === 0 ? 0 : Math.min(1, Math.round((counts.looked / plan.count) * 1000) / 1000)
}
