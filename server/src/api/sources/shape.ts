import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { fixedUrl } from '../../inbound/fixed-path.ts'
import type { SourceDefinition } from '../../inbound/source.ts'
import type { Source, SourceChanges } from '../../inbound/source-store.ts'
import { fieldErrorOf } from '../field-error.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'
import { rateLimitShape } from './rate-limit.ts'
import { secretsShape, showSecrets } from './secrets.ts'

export const statuses = ['enabled', 'paused', 'disabled'] as const

export const sourceShape = z
  .object({
    id: z.string(),
    kind: z.string().meta({ example: 'github' }),
    name: z.string(),
    url: z.string().meta({ description: 'Where the provider posts to. Its last part is unguessable.' }),
    customer: z.string().nullable(),
    config: z.record(z.string(), z.unknown()).meta({ description: 'The settings of its kind.' }),
    status: z.enum(statuses).meta({
      description: 'A paused source takes its requests and holds them: their events are made once it is enabled again.',
    }),
    held: z
      .number()
      .meta({ description: 'Requests whose events are not made yet, because the source is or was paused.' }),
    fixedPath: z
      .string()
      .nullable()
      .meta({ description: 'The URL of its kind that several sources share, if it is found there too.' }),
    origin: z
      .enum(['api', 'environment'])
      .meta({ description: 'Whether a variable of the environment sets it up at each start of the server.' }),
    rateLimit: rateLimitShape.nullable().meta({
      description: 'How many requests it takes; null for as many as the server’s default says, if there is one.',
    }),
    secrets: secretsShape,
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Source' })

export const sourceId = z.object({ id: z.string().max(100) })
export const sourceName = z.string().trim().min(1).max(100)
export const sourceConfig = z
  .record(z.string(), z.unknown())
  .meta({ description: 'The settings of its kind; `GET /api/v1/sources/kinds` lists them.' })
/** Secrets are judged by their kind; this only keeps out what cannot be one. */
export const sourceSecret = z.string().max(500)

/** A source as the API shows it. Its secrets are not in there: they are the provider's. */
export function showSource(
  source: Source,
  context: Context,
  { held = 0, token }: { held?: number | undefined; token?: string | undefined } = {},
): z.input<typeof sourceShape> {
  const { publicUrl, definitions } = context
  const definition = source.fixedPath === null ? undefined : definitions.get(source.kind)
  return {
    id: source.id,
    kind: source.kind,
    name: source.name,
    url: `${publicUrl()}/in/${source.key}`,
    customer: source.customer,
    config: JSON.parse(source.config) as Record<string, unknown>,
    status: !source.isEnabled ? 'disabled' : source.holding === 'paused' ? 'paused' : 'enabled',
    held,
    fixedPath: (definition && fixedUrl(definition, publicUrl(), token)) ?? null,
    origin: source.origin,
    rateLimit: source.rateLimit,
    secrets: showSecrets(source, context),
    createdAt: shownTime(source.createdAt),
    updatedAt: shownTime(source.updatedAt),
  }
}

/** How many requests each source holds. Only those that may hold any are asked about. */
export async function heldBy(
  { reads, workspaceId }: Context,
  sources: readonly Source[],
): Promise<ReadonlyMap<string, number>> {
  const ids = sources.filter(({ holding }) => holding !== 'none').map(({ id }) => id)
  const held = ids.length === 0 ? [] : await reads.sources.held(workspaceId, ids)
  return new Map(held.map(({ sourceId, requests }) => [sourceId, requests]))
}

/** What a caller says about a source's status, as changes. */
export function statusChanges(status: (typeof statuses)[number]): SourceChanges {
  return status === 'disabled' ? { isEnabled: false } : { isEnabled: true, isPaused: status === 'paused' }
}

/** The plug-in of a kind. */
export function definitionOf({ definitions }: Context, kind: string): SourceDefinition {
  const definition = definitions.get(kind)
  if (!definition)
    throw new Problem('SOURCE_KIND_UNKNOWN', `/kind: must be one of ${[...definitions.keys()].join(', ')}`)
  return definition
}

/** The settings with their defaults, as JSON text; refuses what the kind does not know. */
export function readSourceConfig(definition: SourceDefinition, config: unknown): string {
  const result = definition.config.safeParse(config)
  if (result.success) return JSON.stringify(result.data)
  throw new Problem('INVALID_INPUT', `the settings do not fit a ${definition.title} source`, {
    errors: result.error.issues.slice(0, 50).map((issue) => fieldErrorOf(issue, '/config')),
  })
}

/** Where the secret of a source of this kind comes from. */
export function secretOrigin({ isSecretless, isSecretOptional, makeSecret }: SourceDefinition): SecretOrigin {
  if (isSecretless) return 'none'
  if (isSecretOptional) return 'optional'
  return makeSecret ? 'made' : 'given'
}

export const secretOrigins = ['made', 'given', 'optional', 'none'] as const
export type SecretOrigin = (typeof secretOrigins)[number]

/** The secrets of a new source: the one that was given or made for it, or none where its kind does without. */
export function firstSecrets(definition: SourceDefinition, secret: string | undefined): string[] {
  if (secret !== undefined) return [checkedSecret(definition, secret)]
  if (secretOrigin(definition) === 'none' || secretOrigin(definition) === 'optional') return []
  throw new Problem(
    'SOURCE_SECRET_REFUSED',
    `a source of the kind ${definition.kind} needs the secret that ${definition.title} shows`,
    { errors: [{ at: '/secret', message: 'is required for this kind' }] },
  )
}

/** Refuses a secret that the kind cannot verify with, and any secret where there is nothing to verify. */
export function checkedSecret(definition: SourceDefinition, secret: string): string {
  if (secretOrigin(definition) === 'none') {
    throw new Problem(
      'SOURCE_SECRET_REFUSED',
      `a source of the kind ${definition.kind} takes no secret: nothing is signed, and its URL is all the proof there is`,
      { errors: [{ at: '/secret', message: 'has to be left out for this kind' }] },
    )
  }
  const fault = definition.checkSecret(secret)
  if (fault !== undefined)
    throw new Problem('SOURCE_SECRET_REFUSED', fault, { errors: [{ at: '/secret', message: fault }] })
  return secret
}
