import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { noSource } from '../../inbound/keep-source.ts'
import type { Reverification } from '../../inbound/quarantine/reverify.ts'
import { startJob } from '../../jobs/keep-job.ts'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { shownTime, timeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { sourceId } from './shape.ts'

/** What is counted beforehand: counting more would take longer than anybody waits. */
const mostCounted = 10_000

export default operation({
  name: 'reverifySource',
  method: 'POST',
  path: '/sources/:id/reverify',
  scope: 'sources.write',
  summary:
    'Prove the refused requests of a source again, as of their receipt and with its secrets of today, and accept what is genuine',
  params: sourceId,
  body: z.strictObject({
    from: timeQuery.optional().meta({ description: 'Only requests that came since then.' }),
    to: timeQuery.optional().meta({ description: 'Only requests that came before then; now when left out.' }),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  async run(context, { params, body }) {
    const { workspaceId, reads, clock, commit, stir } = context
    const source = await reads.sources.read(workspaceId, params.id)
    if (!source) throw noSource(params.id)
    if (!source.isEnabled)
      throw new Problem('CONFLICT', `source "${source.id}" is disabled, so it accepts nothing; enable it first`)
    const now = clock.now()
    const from = body.from ?? null
    // What comes from now on is proven with the secrets of today as it comes.
    const to = Math.min(body.to ?? now + 1, now + 1)
    const range = { sourceIds: [source.id], after: null, to, ...(from === null ? {} : { from }) }
    const count = await reads.quarantine.countHeads(range, mostCounted)
    const args: Reverification = {
      ...{ sourceId: source.id, publicUrl: context.publicUrl() },
      ...{ from: from === null ? null : shownTime(from), to: shownTime(to) },
    }
    const job = await commit(startJob, {
      job: {
        id: newId('job', now),
        workspaceId,
        kind: 'reverify',
        args: { ...args },
        // At a path that several share, others' requests are looked at too, and are nobody's to count.
        plan:
          source.fixedPath === null ? { count, isAtLeast: count === mostCounted } : { count: null, isAtLeast: false },
        perSecond: body.perSecond ?? null,
      },
      now,
    })
    stir.jobs()
    return showJob(job)
  },
})
