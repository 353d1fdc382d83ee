import { z } from 'zod'
import type { QueuedWork } from '../../outbound/delivery/statistics.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'

const dayMs = 24 * 60 * 60 * 1000
const mostQueued = 100_000
const most = { deliveries: 50_000, attempts: 1 }

export default operation({
  name: 'readQueue',
  method: 'GET',
  path: '/queue',
  scope: 'deliveries.read',
  summary: 'Read how much waits to be sent, is being sent and has ended, and for how long the oldest has waited',
  output: z
    .object({
      waiting: z.number().meta({ description: 'Due, and not on the wire yet; of paused endpoints too.' }),
      active: z.number().meta({
        description: 'Due in a queue that a process holds, as many as may be on the wire to its endpoint at once.',
      }),
      delayed: z.number().meta({ description: 'Due later: most of them wait for another attempt.' }),
      behind: z.number().meta({ description: 'Wait for another delivery of their order key to end.' }),
      completed: z.number().meta({ description: 'Succeeded, of those made since `since`.' }),
      failed: z.number().meta({ description: 'Failed for good, of those made since `since`.' }),
      since: z.string().meta({ description: 'A day ago, or less where more than 50,000 were made since.' }),
      isAtLeast: z.boolean().meta({
        description:
          'Whether more than 100,000 are unfinished: then waiting, active, delayed and behind say at least how many.',
      }),
      oldestDueAt: z
        .string()
        .nullable()
        .meta({ description: 'Since when the oldest has been due; null when none is.' }),
      oldestAgeSeconds: z.number().nullable(),
      isPaused: z.boolean().meta({ description: 'Whether all deliveries of the workspace are paused.' }),
    })
    .meta({ id: 'Queue' }),
  async run({ reads, workspaceId, clock }) {
    const now = clock.now()
    const span = { from: now - dayMs, to: now + 1 }
    const [queue, ended, paused] = await Promise.all([
      reads.statistics.queue(workspaceId, now, mostQueued),
      reads.statistics.deliveries(workspaceId, {}, span, most),
      reads.lanes.paused(),
    ])
    const sum = (of: (each: QueuedWork) => number) => queue.endpoints.reduce((all, each) => all + of(each), 0)
    const active = sum(({ isHeld, due, concurrency }) => (isHeld ? Math.min(due, concurrency) : 0))
    const endedAs = (wanted: string) =>
      ended.counted.reduce((all, { status, count }) => (status === wanted ? all + count : all), 0)
    return {
      waiting: sum(({ due }) => due) - active,
      active,
      delayed: sum(({ delayed }) => delayed),
      behind: sum(({ behind }) => behind),
      completed: endedAs('success'),
      failed: endedAs('failed'),
      since: shownTime(ended.from),
      isAtLeast: queue.isAtLeast,
      oldestDueAt: queue.oldestDueAt === null ? null : shownTime(queue.oldestDueAt),
      oldestAgeSeconds: queue.oldestDueAt === null ? null : Math.round((now - queue.oldestDueAt) / 1000),
      isPaused: paused.has(workspaceId),
    }
  },
})
