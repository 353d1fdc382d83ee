import { z } from 'zod'
import type { ReceivedRequest } from '../../events/request.ts'
import type { RequestOutcome } from '../../events/request-store.ts'
import { shownTime } from '../list.ts'

export const stages = ['received', 'read', 'proven', 'parsed', 'fannedOut', 'firstAttempt', 'firstSuccess'] as const

export const stageShape = z.object({
  stage: z.enum(stages).meta({
    description:
      'Its first line was there; its body was; its proof was judged; its events were read out of it; its first delivery was made, attempted, taken.',
  }),
  at: z.string(),
  afterMs: z.number().meta({ description: 'Since it was received.' }),
})

/**
 * How far a request came, and when. The times up to the parsing are added up from what each took: its commit is in the
 * gap behind it, because to write down when it ended would take a second one.
 */
export function stagesOf(
  { receivedAt, readMs, verifyMs, parseMs }: Omit<ReceivedRequest, 'body'>,
  { fannedOutAt, firstAttemptAt, firstSuccessAt }: RequestOutcome,
): z.input<typeof stageShape>[] {
  const read = readMs === null ? null : receivedAt + readMs
  const proven = (read ?? receivedAt) + verifyMs
  const times: Record<(typeof stages)[number], number | null> = {
    received: receivedAt,
    read,
    proven,
    parsed: parseMs === null ? null : proven + parseMs,
    fannedOut: fannedOutAt,
    firstAttempt: firstAttemptAt,
    firstSuccess: firstSuccessAt,
  }
  return stages.flatMap((stage) => {
    const at = times[stage]
    return at === null ? [] : [{ stage, at: shownTime(at), afterMs: Math.round((at - receivedAt) * 1000) / 1000 }]
  })
}
