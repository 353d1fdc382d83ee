import { z } from 'zod'
import { noteCause } from '../../events/quarantine.ts'
import type { ReceivedRequest } from '../../events/request.ts'
import { type Cause, causes, explain } from '../../inbound/quarantine/causes.ts'
import { type DiagnosedFault, diagnose } from '../../inbound/quarantine/diagnose.ts'
import { addressOf, readStored } from '../../inbound/quarantine/stored-request.ts'
import { isValidAt, openFormer, secretsThatOpen } from '../../inbound/secrets.ts'
import type { Source } from '../../inbound/source-store.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'

/** A cause as a filter: a misspelt one would find nothing, and look as if there were nothing. */
export const causeShape = z.enum(Object.keys(causes) as [Cause, ...Cause[]])

export const explanationFields = {
  meaning: z.string().meta({ description: 'What it means, in one sentence.' }),
  nextStep: z.string().meta({ description: 'What to do next, in one sentence.' }),
}

/** What the record of a request is shown with, beside what is stored. */
export const diagnosisFields = {
  acceptedAt: z
    .string()
    .nullable()
    .meta({ description: 'When it was accepted after it had been refused; null when it was not refused at first.' }),
  explanation: z.object(explanationFields).meta({ description: 'What the verdict and the cause mean.' }),
  findings: z.array(z.object({ cause: z.string(), detail: z.string() })).meta({
    description: 'What was found out about a refused request when it was opened, the fault to mend first first.',
  }),
}

/** So many other sources' secrets are tried. */
const mostOthers = 20

/** Causes that may be better known once somebody looks. */
const suspicious: ReadonlySet<string | null> = new Set([
  'SIGNATURE_MISMATCH',
  'MALFORMED_SIGNATURE',
  'WRONG_SECRET',
  'BODY_CHANGED',
  'STALE',
  'FROM_FUTURE',
])

/** What is shown of a request once it is diagnosed; the cause and its detail are the better ones. */
export type Diagnosis = z.input<z.ZodObject<typeof diagnosisFields>> & Pick<ReceivedRequest, 'cause' | 'detail'>

type Opened = Omit<ReceivedRequest, 'body'>

/**
 * What a request's verdict means, and for a refused one what may be wrong with it: that is found out now, because somebody
 * looks, and the better cause is written into its record.
 */
export async function diagnosisOf(context: Context, request: Opened): Promise<Diagnosis> {
  const findings =
    request.verdict === 'quarantined' && suspicious.has(request.cause) ? await findingsOf(context, request) : []
  const [best] = findings
  const { cause, detail } = best ?? request
  if (best && (best.cause !== request.cause || best.detail !== request.detail))
    await context.commit(noteCause, { request, cause: best.cause, detail: best.detail })
  return {
    cause,
    detail,
    acceptedAt: request.acceptedAt === null ? null : shownTime(request.acceptedAt),
    explanation: { ...explain(request.verdict, cause) },
    findings: [...findings],
  }
}

async function findingsOf(context: Context, request: Opened): Promise<DiagnosedFault[]> {
  const { reads, seal, clock, publicUrl } = context
  const head = await reads.quarantine.readHead(request.workspaceId, request.id)
  const address = head && (await addressOf(request.workspaceId, request.sourceId, context))
  const stored = address && (await readStored(head, address, { reads, seal, publicUrl: publicUrl() }))
  if (!address || stored === undefined || stored === 'elsewhere') return []
  const { source, definition } = address
  const secretsOf = (each: Source): string[] =>
    secretsThatOpen(each, seal)
      .filter(isValidAt(clock.now()))
      .map(({ secret }) => secret)
  const siblings = await reads.sources.ofKind(source.workspaceId, source.kind, mostOthers + 1)
  return diagnose(
    {
      incoming: stored.incoming,
      definition,
      config: definition.config.parse(JSON.parse(source.config)),
      cause: request.cause,
      receivedAt: request.receivedAt,
      secrets: secretsOf(source),
      former: openFormer(await reads.sources.formerSecrets(source.workspaceId, source.id), source, seal),
      others: siblings
        .filter(({ id }) => id !== source.id)
        .slice(0, mostOthers)
        .map((each) => ({ id: each.id, name: each.name, secrets: secretsOf(each) })),
    },
    breathe,
  )
}

/** Each trial hashes the body: what came meanwhile has its turn in between. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
