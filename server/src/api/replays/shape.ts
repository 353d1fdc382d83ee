import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { parseFilter } from '../../events/filter-expression.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import type { ChoiceArgs } from '../../outbound/replay/choice.ts'
import type { ReplayPlan } from '../../outbound/replay/plan.ts'
import type { Chosen, WalkReads } from '../../outbound/replay/walk.ts'
import { deliveriesKeptSince } from '../../retention/keep.ts'
import { checkNamed } from '../customer.ts'
import { causeShape, statusShape } from '../deliveries/shape.ts'
import { given, shownTime, timeQuery, typeQuery } from '../list.ts'
import type { Actor, Context } from '../operation.ts'

/** Refuses what is no filter expression, at the place where it goes wrong. */
function checkExpression(value: unknown, context: z.RefinementCtx): void {
  if (value === undefined) return
  const parsed = parseFilter(value)
  if (parsed.kind === 'refused')
    context.addIssue({ code: 'custom', message: parsed.message, path: parsed.at.split('/').slice(1) })
}

/** What deliveries are chosen by, whatever is done with them. */
export const choice = {
  endpointId: z.string().max(100).optional(),
  type: typeQuery.optional(),
  cause: causeShape.optional(),
  customer: z.string().max(200).optional(),
  orderKey: z.string().max(500).optional().meta({ description: 'Of the event.' }),
  where: z
    .unknown()
    .superRefine(checkExpression)
    .optional()
    .meta({ description: 'A filter expression over the event, as endpoints have.' }),
  from: timeQuery.optional().meta({
    description: 'When the delivery was made; of an event without one, when it was received. ISO 8601 or milliseconds.',
  }),
  to: timeQuery.optional(),
}

export const replayFilter = z
  .strictObject({
    ...choice,
    status: z
      .array(z.enum(['failed', 'success', 'pending']))
      .min(1)
      .max(3)
      .default(['failed'])
      .meta({ description: '`pending` ones are retried now.' }),
    include: z.array(z.literal('missed')).max(1).optional().meta({
      description: '`missed`: also the events that the endpoint would get today and has no delivery of.',
    }),
  })
  .refine((filter) => !filter.include?.length || filter.endpointId !== undefined, {
    message: 'needs an endpointId: what was missed is asked of one endpoint',
    path: ['include'],
  })

export type ReplayFilter = z.output<typeof replayFilter>

const sampleShape = z.object({
  deliveryId: z.string().nullable().meta({ description: 'Null for an event without a delivery.' }),
  endpointId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  customer: z.string().nullable(),
  status: statusShape.nullable(),
  cause: causeShape.nullable(),
  attempts: z.number(),
  at: z.string().meta({ description: 'When the delivery was made, or the event received.' }),
})

export const planShape = z
  .object({
    count: z.number().meta({ description: 'How many would be sent.' }),
    isAtLeast: z.boolean().meta({ description: 'There are more: counting all would have taken too long.' }),
    missed: z.number().meta({ description: 'How many of them are events without a delivery.' }),
    sample: z.array(sampleShape).meta({ description: 'The first ten.' }),
  })
  .meta({ id: 'ReplayPlan' })

/** A filter as the API takes it. */
type GivenFilter = { [Name in Exclude<keyof ChoiceArgs, 'from' | 'to' | 'status'>]?: ChoiceArgs[Name] | undefined } & {
  status: ChoiceArgs['status']
  from?: number | undefined
  to?: number | undefined
}

/** A filter as it is kept with a job; nothing that is made from now on is meant. */
export function argsOf({ from, to, status, ...rest }: GivenFilter, now: number): ChoiceArgs {
  const until = Math.min(to ?? Number.POSITIVE_INFINITY, now + 1)
  return { ...given(rest), status, ...(from === undefined ? {} : { from: shownTime(from) }), to: shownTime(until) }
}

/**
 * What a caller may choose from. A key that is bound to a customer must name one of that customer's endpoints, so that it
 * counts and sends nothing that went elsewhere.
 */
export function ownChoice<Filter extends { endpointId?: string | undefined; customer?: string | undefined }>(
  actor: Pick<Actor, 'customer'>,
  filter: Filter,
): Filter {
  checkNamed(actor, filter.customer)
  if (actor.customer === null) return filter
  if (filter.endpointId === undefined)
    throw new Problem('KEY_BOUND', 'this key is bound to one customer: name one of its endpoints as "endpointId"')
  return { ...filter, customer: actor.customer }
}

/** Fails with NOT_FOUND when an endpoint is named that is not there, and with CONFLICT when nothing can be sent to it. */
export async function checkEndpoint(
  { reads, workspaceId }: Context,
  id: string | undefined,
  { mustTake }: { mustTake: boolean },
): Promise<void> {
  if (id === undefined) return
  const endpoint = await reads.endpoints.read(workspaceId, id)
  if (!endpoint) throw new Problem('NOT_FOUND', `there is no endpoint "${id}"`)
  if (mustTake && endpoint.status === 'disabled')
    throw new Problem(
      'CONFLICT',
      `nothing can be sent to endpoint ${id}: it is disabled (${endpoint.statusReason ?? 'no reason given'}); set its status to "active" first`,
    )
}

/** How long one event may be read while somebody waits for the answer. */
const readMs = 1000

/** What walks over deliveries read. */
export const walkReads = ({ reads, retention, clock, factReader }: Context): WalkReads => ({
  ...reads,
  reader: factReader,
  limitMs: readMs,
  keptSince: () => deliveriesKeptSince(retention.keep, clock.now()),
})

/** The last place in the log that fan-out has handled: what comes behind it is not missed but still to come. */
export const fannedOut = ({ reads }: Context): Promise<number> => reads.followers.placeOf(fanOut.name)

export function showPlan(
  plan: ReplayPlan,
  { endpointId }: { endpointId?: string | undefined },
): z.input<typeof planShape> {
  const { count, isAtLeast, missed, sample } = plan
  return { count, isAtLeast, missed, sample: sample.map((each) => showChosen(each, endpointId ?? '')) }
}

export function showChosen(chosen: Chosen, endpointId: string): z.input<typeof sampleShape> {
  if (chosen.kind === 'missed') {
    const { id, type, customer, receivedAt } = chosen.event
    const event = { eventId: id, eventType: type, customer, at: shownTime(receivedAt) }
    return { deliveryId: null, endpointId, ...event, status: null, cause: null, attempts: 0 }
  }
  const { id, createdAt, endedAt: _, eventSeq: __, orderKey: ___, ...rest } = chosen.delivery
  return { deliveryId: id, ...rest, at: shownTime(createdAt) }
}
