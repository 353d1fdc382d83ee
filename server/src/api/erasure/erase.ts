import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { startJob } from '../../jobs/keep-job.ts'
import { eraseOne, type OneThing } from '../../retention/erase.ts'
import { eraseCustomerKind } from '../../retention/erase-customer.ts'
import { jobShape, showJob } from '../jobs/shape.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'

const id = z.string().min(1).max(100)

const count = (description: string) => z.number().meta({ description })

const erasureShape = z
  .object({
    eventId: z.string().nullable(),
    requestId: z.string().nullable(),
    customer: z.string().nullable(),
    at: z.string(),
    counts: z
      .object({
        requests: count('Requests whose body, header values, query and detail were removed.'),
        events: count('Events whose data, subject and order key were removed.'),
        held: count('Events of a paused source that are not made any more.'),
        deliveries: count('Unfinished deliveries that ended with the cause ERASED.'),
        attempts: count('Attempts whose answers were removed.'),
        parked: count('Parked events whose error and subject were removed.'),
        keys: count('Ids given by senders of which only a hash is left.'),
        accounts: count('Payments and users whose words were removed.'),
      })
      .nullable()
      .meta({ description: 'What held something until now; null for a customer, whose job counts it.' }),
    job: jobShape.nullable().meta({ description: 'The job that erases a customer.' }),
  })
  .meta({ id: 'Erasure' })

export default operation({
  name: 'eraseContents',
  method: 'POST',
  path: '/erase',
  scope: 'personal.erase',
  summary: 'Erase what one event, one request or one customer said, wherever it stands; rows and ids stay, marked',
  body: z
    .strictObject({
      eventId: id.optional().meta({ description: 'An event, with the request that it was cut from.' }),
      requestId: id.optional().meta({ description: 'A request, with the events that were cut from it.' }),
      customer: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .meta({ description: 'All events and accounts of a customer: a job, which may be asked for at `/jobs/{id}`.' }),
    })
    .refine(
      (what) => Object.values(what).filter((each) => each !== undefined).length === 1,
      'must name one of eventId, requestId and customer',
    ),
  output: erasureShape,
  async run({ workspaceId, clock, commit, stir }, { body: { eventId, requestId, customer } }) {
    const now = clock.now()
    const named = { eventId: eventId ?? null, requestId: requestId ?? null, customer: customer ?? null }
    if (customer !== undefined) {
      const job = await commit(startJob, {
        job: {
          id: newId('job', now),
          workspaceId,
          kind: eraseCustomerKind,
          args: { customer },
          plan: { count: null, isAtLeast: false },
          perSecond: null,
        },
        now,
      })
      stir.jobs()
      return { ...named, at: shownTime(now), counts: null, job: showJob(job) }
    }
    const what: OneThing = eventId === undefined ? { requestId: requestId ?? '' } : { eventId }
    const { counts, endpoints } = await commit(eraseOne, { workspaceId, now, what })
    // What their lanes have in hand is looked at again, so that none of it is sent.
    for (const endpoint of endpoints) stir.endpoint(endpoint)
    return { ...named, at: shownTime(now), counts, job: null }
  },
})
