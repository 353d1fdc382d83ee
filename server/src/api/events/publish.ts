import { z } from 'zod'
import { Problem, quoted } from '../../base/errors.ts'
import { newId, timeOfId } from '../../base/id.ts'
import { memberText } from '../../base/json-text.ts'
import { publishEvent } from '../../events/append.ts'
import { isEventType, ownTypePrefix } from '../../events/event.ts'
import { hopsHeader, readHops } from '../../events/hops.ts'
import { customerOf, customerShape } from '../customer.ts'
import { idempotencyHeaders, idempotencyKey } from '../idempotency.ts'
import { shownTime } from '../list.ts'
import { type Context, operation, Replayed } from '../operation.ts'

export default operation({
  name: 'publishEvent',
  method: 'POST',
  path: '/events',
  scope: 'events.write',
  summary: 'Publish an event of your own; it goes to every endpoint that asked for its type',
  bound: 'narrowed',
  headers: idempotencyHeaders,
  body: z.strictObject({
    type: z
      .string()
      .max(190)
      .refine(isEventType, 'must be words of letters, digits, "_", "-", ":" and "/", joined by dots')
      .refine(
        (type) => !type.startsWith(ownTypePrefix),
        `must not begin with "${ownTypePrefix}", which the server keeps for its own news`,
      )
      .meta({ example: 'invoice.paid' }),
    data: z
      .unknown()
      .refine((data) => data !== undefined, 'is required')
      .meta({ description: 'Any JSON; delivered to the letter.' }),
    subject: z.string().min(1).max(200).nullable().default(null),
    customer: customerShape.nullable().default(null),
    orderKey: z.string().min(1).max(200).nullable().default(null),
  }),
  status: 202,
  output: z.object({
    id: z.string(),
    type: z.string(),
    receivedAt: z.string(),
    warning: z
      .string()
      .optional()
      .meta({ description: 'In what way the data does not fit the schema of the type; the event was published.' }),
  }),
  async run(context, { body, text, headers }) {
    const { workspaceId, actor, clock, commit, reads, stir, typeChecks } = context
    const { type, subject, orderKey } = body
    const data = memberText(text, 'data') ?? 'null'
    const said = { type, subject, orderKey, data, customer: customerOf(actor, body.customer) }
    const sent = headers['idempotency-key'] as string | undefined
    const dedupe = idempotencyKey(actor, sent, said, context.dedupeSecret)
    const now = clock.now()
    const misfit = await typeChecks.check({ workspaceId, type, data: body.data, bytes: data.length })
    if (misfit?.validation === 'reject') {
      // What was published before the type was checked like this is published.
      const first = dedupe ? await reads.log.publishedUnder(dedupe, now) : undefined
      if (first)
        return replay(context, type, sent, { id: first.eventId, isSame: first.fingerprint === dedupe?.fingerprint })
      throw new Problem('EVENT_DATA_REFUSED', `the data does not fit the schema of the type "${type}": ${misfit.why}`)
    }
    const warning = misfit ? { warning: misfit.why } : {}
    const hops = readHops(String(headers[hopsHeader] ?? ''))
    const { id, repeats } = await commit(publishEvent, {
      ...said,
      id: newId('event', now),
      workspaceId,
      sourceId: null,
      requestId: null,
      receivedAt: now,
      dedupe,
      ...(hops > 0 ? { hops } : {}),
      ...warning,
    })
    if (repeats) return replay(context, type, sent, { id, ...repeats })
    stir.events()
    return { id, type, receivedAt: shownTime(now), ...warning }
  },
})

/** What the first call under a key was answered; refused where this one says something else. */
async function replay(
  { workspaceId, reads }: Pick<Context, 'workspaceId' | 'reads'>,
  type: string,
  sent: string | undefined,
  { id, isSame }: { id: string; isSame: boolean },
) {
  if (!isSame) {
    throw new Problem(
      'IDEMPOTENCY_KEY_REUSED',
      `the Idempotency-Key ${quoted(sent ?? '')} was sent less than 24 hours ago with another event, ${id}`,
    )
  }
  const warning = (await reads.log.readEvent(workspaceId, id))?.warning
  const receivedAt = shownTime(timeOfId('event', id) ?? 0)
  return new Replayed({ id, type, receivedAt, ...(warning === undefined ? {} : { warning }) })
}
