import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { maskValue } from '../../base/personal.ts'
import type { ReceivedRequest } from '../../events/request.ts'
import type { Repeats, RequestHead, RequestOutcome } from '../../events/request-store.ts'
import type { BodyLook } from '../../inbound/body-look.ts'
import { contentTypeOf } from '../../inbound/content-type.ts'
import { type Note, noteCodes } from '../../inbound/notes.ts'
import { shownTime } from '../list.ts'
import { bodyShape, showBody } from './body-shape.ts'
import { type Diagnosis, diagnosisFields } from './diagnosis.ts'
import { stageShape, stagesOf } from './stages.ts'

export const verdictShape = z.enum(['verified', 'unsigned', 'duplicate', 'quarantined'])

const head = {
  id: z.string(),
  sourceId: z.string(),
  receivedAt: z.string(),
  method: z.string(),
  url: z.string().meta({ description: 'Path and query, secrets masked.' }),
  senderAddress: z.string(),
  verdict: verdictShape,
  cause: z.string().nullable().meta({ example: 'STALE' }),
  contentType: z.string().nullable().meta({ description: 'As sent, whatever the body is.' }),
  bodyBytes: z.number(),
  isBodyKept: z.boolean().meta({ description: 'Whether its body can be read and downloaded.' }),
  eventCount: z
    .number()
    .meta({ description: 'Events that were made of it, in whatever workspaces its source’s routes lead to.' }),
  repeatOf: z.string().nullable().meta({ description: 'The request whose event it repeats with other bytes.' }),
}

export const requestHeadShape = z.object(head).meta({ id: 'RequestHead' })

const madeEventShape = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string().nullable(),
  customer: z.string().nullable(),
  isFannedOut: z
    .boolean()
    .meta({ description: 'Whether its deliveries have been made. With none then, no endpoint asked for it.' }),
  deliveries: z
    .object({ pending: z.number(), waiting: z.number(), success: z.number(), failed: z.number() })
    .meta({ description: 'How many there are in each status.' }),
})

const repeatsShape = z.object({
  count: z.number(),
  firstAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  times: z.array(z.string()).meta({ description: 'The latest ten, newest first.' }),
})

export const requestShape = z
  .object({
    ...head,
    detail: z.string().nullable().meta({ description: 'One sentence on the cause.' }),
    headers: z
      .array(z.tuple([z.string(), z.string()]))
      .meta({ description: 'In the order sent, secrets masked. Bytes beyond ASCII are shown as Latin-1.' }),
    body: bodyShape.nullable().meta({ description: 'How it begins; null when it was not kept.' }),
    notes: z
      .array(z.object({ code: z.enum(noteCodes), text: z.string() }))
      .meta({ description: 'What is odd about it. A note is never the reason of a verdict.' }),
    events: z
      .array(madeEventShape)
      .meta({ description: 'Those of this workspace, in the order of the log, the first hundred.' }),
    repeats: repeatsShape.nullable().meta({
      description:
        'How often its events came again; null when that is not known: it made none that can be repeated, or they have been forgotten.',
    }),
    stages: z
      .array(stageShape)
      .meta({ description: 'How far it came and when, in order. What has not happened is left out.' }),
    readMs: z.number().nullable().meta({ description: 'From its first line to the end of its body.' }),
    verifyMs: z.number().meta({ description: 'Its proof; parsing too where `parseMs` is null.' }),
    parseMs: z.number().nullable(),
    ...diagnosisFields,
    erasedAt: z
      .string()
      .nullable()
      .meta({ description: 'When its body was removed, by age or on demand; null while it is kept.' }),
  })
  .meta({ id: 'Request' })

export const requestId = z.object({ id: z.string().max(100) })

export const noRequest = (id: string): Problem => new Problem('NOT_FOUND', `there is no request "${id}"`)

/** Its body cannot be had: it never was kept, or was removed since. */
export function noBody({ id, erasedAt }: Pick<ReceivedRequest, 'id' | 'erasedAt'>, then = ''): Problem {
  const became = erasedAt === undefined ? 'was not kept' : `was removed at ${shownTime(erasedAt)}`
  return new Problem('NOT_FOUND', `the body of request "${id}" ${became}${then}`)
}

export function showRequestHead(request: RequestHead): z.input<typeof requestHeadShape> {
  const { receivedAt, headers, ...rest } = request
  return { ...rest, receivedAt: shownTime(receivedAt), contentType: contentTypeOf(headers) || null }
}

/** A request as lists show it: the query is the sender's, and people stand in it. */
export function maskRequestHead(head: z.input<typeof requestHeadShape>): z.input<typeof requestHeadShape> {
  return { ...head, url: maskValue(head.url) }
}

/** What is shown of a request beside its record. */
export interface Found {
  /** Undefined when it was not kept. */
  body: BodyLook | undefined
  notes: readonly Note[]
  outcome: RequestOutcome
  repeats: Repeats | undefined
  diagnosis: Diagnosis
}

export function showRequest(
  request: Omit<ReceivedRequest, 'body'>,
  { body, notes, outcome, repeats, diagnosis }: Found,
): z.input<typeof requestShape> {
  const { workspaceId: _, receivedAt, headers, erasedAt, ...record } = request
  return {
    ...record,
    ...diagnosis,
    receivedAt: shownTime(receivedAt),
    erasedAt: erasedAt === undefined ? null : shownTime(erasedAt),
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    contentType: contentTypeOf(headers) || null,
    isBodyKept: body !== undefined,
    body: body === undefined ? null : showBody(body),
    notes: [...notes],
    eventCount: outcome.eventCount,
    events: outcome.events.map((event) => ({ ...event })),
    repeats: repeats === undefined ? null : showRepeats(repeats),
    stages: stagesOf(request, outcome),
  }
}

function showRepeats({ count, firstAt, lastAt, times }: Repeats): z.input<typeof repeatsShape> {
  const timeOrNull = (ms: number | null) => (ms === null ? null : shownTime(ms))
  return { count, firstAt: timeOrNull(firstAt), lastAt: timeOrNull(lastAt), times: times.map(shownTime) }
}
