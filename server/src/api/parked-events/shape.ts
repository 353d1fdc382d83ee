import { z } from 'zod'
import type { Payment } from '../../accounts/payment.ts'
import type { Subscription } from '../../accounts/subscription.ts'
import type { User } from '../../accounts/user.ts'
import { Problem } from '../../base/errors.ts'
import { maskText, maskValue } from '../../base/personal.ts'
import type { Change } from '../../events/follow/follower.ts'
import {
  type HandlingCause,
  handlingCauses,
  type ParkedEvent,
  type ParkedState,
  parkedId,
  parkedStates,
  readParkedId,
} from '../../events/follow/parked.ts'
import type { Outcome, ParkedKey } from '../../events/follow/rerun.ts'
import {
  paymentShape,
  showPayment,
  showSubscription,
  showUser,
  subscriptionShape,
  userShape,
} from '../accounts/shape.ts'
import { customerQuery } from '../customer.ts'
import { shownTime, timeQuery, typeQuery } from '../list.ts'
import { type Actor, RawJson } from '../operation.ts'

export const causeShape = z.enum(Object.keys(handlingCauses) as [HandlingCause, ...HandlingCause[]])
export const stateShape = z.enum(Object.keys(parkedStates) as [ParkedState, ...ParkedState[]])

/** What events beside a cursor can be narrowed to, in a query and in a body. */
export const parkedFilter = {
  follower: z.string().max(100).optional().meta({ description: '`fan-out` or `accounts`.' }),
  state: stateShape.optional(),
  cause: causeShape.optional(),
  type: typeQuery.optional(),
  subject: z.string().max(1000).optional().meta({ description: 'What the events are about, exactly.' }),
  customer: customerQuery,
  from: timeQuery.optional(),
  to: timeQuery.optional(),
}

const parked = {
  id: z
    .string()
    .meta({ description: 'The event and the follower.', example: 'evt_01jd9k3v5x8q2m7r4t6w0y1z3b.accounts' }),
  eventId: z.string(),
  follower: z.string(),
  eventType: z.string().nullable().meta({ description: 'Null for what an earlier version has parked.' }),
  subject: z.string().nullable(),
  state: stateShape,
  cause: causeShape.nullable(),
  explanation: z.string().nullable().meta({ description: 'The cause in one sentence, with what to do.' }),
  error: z.string().nullable().meta({ description: 'What the follower said of it; it may quote the event.' }),
  attempts: z.number(),
  nextAttemptAt: z
    .string()
    .nullable()
    .meta({ description: 'Null when it waits for another one, or is not tried again.' }),
  afterGap: z.number().nullable().meta({ description: 'The place in the log of an earlier event that was left out.' }),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().nullable(),
}

export const parkedShape = z.object(parked).meta({ id: 'ParkedEvent' })
export const parkedParams = z.object({ id: z.string().max(200) })

export function showParked(row: ParkedEvent, now: number): z.input<typeof parkedShape> {
  const isOnItsWay = row.state === 'retrying' || (row.state === 'waiting' && row.dueAt <= now)
  return {
    id: parkedId(row),
    eventId: row.eventId,
    follower: row.follower,
    eventType: row.eventType,
    subject: row.subject,
    state: row.state,
    cause: row.cause,
    explanation: row.cause && handlingCauses[row.cause],
    error: row.error === '' ? null : row.error,
    attempts: row.attempts,
    nextAttemptAt: isOnItsWay ? shownTime(row.dueAt) : null,
    afterGap: row.afterGap,
    createdAt: shownTime(row.createdAt),
    updatedAt: shownTime(row.updatedAt),
    endedAt: row.endedAt === null ? null : shownTime(row.endedAt),
  }
}

/** As lists show it: what an event is about may be somebody's phone number, and an error may quote the event. */
export function maskParked(shown: z.input<typeof parkedShape>): z.input<typeof parkedShape> {
  return { ...shown, subject: maskValue(shown.subject), error: shown.error === null ? null : maskText(shown.error) }
}

export const noParked = (id: string): Problem => new Problem('NOT_FOUND', `there is no parked event "${id}"`)

/** What an id names. One that can be no event's is not found, like any other that there is not. */
export function keyOf(id: string): ParkedKey {
  const key = readParkedId(id)
  if (key.follower === '') throw noParked(id)
  return key
}

const rowChange = <Kind extends string, Shape extends z.ZodType>(kind: Kind, shape: Shape) =>
  z.object({ kind: z.literal(kind), id: z.string(), before: shape.nullable(), after: shape.nullable() })

const changeShape = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('delivery'), endpointId: z.string() }),
    z.object({ kind: z.literal('event'), type: z.string(), subject: z.string().nullable(), data: z.unknown() }),
    rowChange('subscription', subscriptionShape),
    rowChange('payment', paymentShape),
    rowChange('user', userShape),
  ])
  .meta({ description: 'Rows of accounts are null for a key without the scope `accounts.read`.' })

export const outcomeShape = z
  .object({
    id: z.string(),
    eventId: z.string(),
    follower: z.string(),
    outcome: z.enum(['handled', 'failed', 'already', 'waiting', 'dismissed', 'missing']).meta({
      description: '`already`: handled before. `waiting`: its turn has not come. In a dry run: what would be.',
    }),
    cause: causeShape.nullable(),
    explanation: z.string().nullable(),
    error: z.string().nullable(),
    changes: z.array(changeShape),
  })
  .meta({ id: 'RerunOutcome' })

export function showOutcome({ changes, ...outcome }: Outcome, actor: Actor): z.input<typeof outcomeShape> {
  const mayRead = actor.scopes.includes('accounts.read')
  return {
    ...outcome,
    explanation: outcome.cause && handlingCauses[outcome.cause],
    changes: changes.map((change) => showChange(change, mayRead)),
  }
}

/** The rows are as their follower has them: they have crossed from where the database is. */
function showChange(change: Change, mayRead: boolean): z.input<typeof changeShape> {
  const shown = <Row, Shown>(show: (row: Row) => Shown, row: unknown): Shown | null =>
    row === null || !mayRead ? null : show(row as Row)
  switch (change.kind) {
    case 'delivery':
      return change
    case 'event':
      return { ...change, data: change.data === null ? null : new RawJson(change.data) }
    case 'subscription': {
      const show = (row: unknown) => shown<Subscription, ReturnType<typeof showSubscription>>(showSubscription, row)
      return { kind: change.kind, id: change.id, before: show(change.before), after: show(change.after) }
    }
    case 'payment': {
      const show = (row: unknown) => shown<Payment, ReturnType<typeof showPayment>>(showPayment, row)
      return { kind: change.kind, id: change.id, before: show(change.before), after: show(change.after) }
    }
    case 'user': {
      const show = (row: unknown) => shown<User, ReturnType<typeof showUser>>(showUser, row)
      return { kind: change.kind, id: change.id, before: show(change.before), after: show(change.after) }
    }
  }
}
