import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { memberText } from '../../base/json-text.ts'
import { publishEvent } from '../../events/append.ts'
import { isEventType, ownTypePrefix } from '../../events/event.ts'
import { hopsHeader, readHops } from '../../events/hops.ts'
import { customerOf, customerShape } from '../customer.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'

export default operation({
  name: 'publishEvent',
  method: 'POST',
  path: '/events',
  scope: 'events.write',
  summary: 'Publish an event of your own; it goes to every endpoint that asked for its type',
  bound: 'narrowed',
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
  async run({ workspaceId, actor, clock, commit, stir, typeChecks }, { body, text, headers }) {
    const data = memberText(text, 'data') ?? 'null'
    const misfit = await typeChecks.check({ workspaceId, type: body.type, data: body.data, bytes: data.length })
    if (misfit?.validation === 'reject') {
      throw new Problem(
        'EVENT_DATA_REFUSED',
        `the data does not fit the schema of the type "${body.type}": ${misfit.why}`,
      )
    }
    const warning = misfit ? { warning: misfit.why } : {}
    const now = clock.now()
    const hops = readHops(String(headers[hopsHeader] ?? ''))
    const { id } = await commit(publishEvent, {
      id: newId('event', now),
      workspaceId,
      customer: customerOf(actor, body.customer),
      sourceId: null,
      requestId: null,
      type: body.type,
      subject: body.subject,
      orderKey: body.orderKey,
      data,
      receivedAt: now,
      dedupe: null,
      ...(hops > 0 ? { hops } : {}),
      ...warning,
    })
    stir.events()
    return { id, type: body.type, receivedAt: shownTime(now), ...warning }
  },
})
