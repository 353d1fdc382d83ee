import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { forCustomer } from '../../egress/by-owner.ts'
import { checkUrl } from '../../egress/url.ts'
import { isEventType } from '../../events/event.ts'
import { attemptTimeoutMs } from '../../outbound/attempt.ts'
import { headerNames, sealHeaders } from '../../outbound/endpoint/custom-headers.ts'
import { type Endpoint, plainSettings } from '../../outbound/endpoint/endpoint.ts'
import type { EndpointChanges } from '../../outbound/endpoint/endpoint-store.ts'
import { checkPattern, resourceTypeOf } from '../../outbound/fan-out/match.ts'
import { checkedFilter, filterInput } from '../filter-input.ts'
import { given, shownTime } from '../list.ts'
import type { Context } from '../operation.ts'
import { headersInput } from './headers.ts'
import { metadataInput } from './metadata.ts'
import { retryInput, retryShape, showRetry } from './retry.ts'
import { showSignatures, signaturesInput, signaturesShape } from './signatures.ts'
import { showTls, storedTlsOf, tlsInput, tlsShape } from './tls.ts'

const orderingShape = z.enum(['none', 'endpoint', 'key'])

const rateLimitShape = z.strictObject({
  limit: z.number().int().min(1).max(1_000_000),
  per: z.enum(['second', 'minute', 'hour']),
})

export const endpointShape = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    description: z.string(),
    customer: z.string().nullable(),
    eventTypes: z.array(z.string()),
    resourceTypes: z.array(z.string()).nullable(),
    filter: z.record(z.string(), z.unknown()).nullable(),
    payload: z.enum(['standard', 'raw']),
    headerNames: z.array(z.string()),
    retry: retryShape,
    timeoutSeconds: z.number(),
    concurrency: z.number(),
    ordering: orderingShape,
    rateLimit: rateLimitShape.nullable(),
    ...signaturesShape,
    status: z.enum(['active', 'paused', 'disabled']),
    statusReason: z.string().nullable(),
    verified: z.boolean().meta({ description: 'Whether a delivery has shown that its URL answers.' }),
    verifiedAt: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    tls: tlsShape,
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Endpoint' })

export const endpointId = z.object({ id: z.string().max(100) })

/** What can be set at creation and changed later. */
export const endpointSettings = {
  url: z
    .string()
    .max(2048)
    .meta({ description: 'An https URL of a public host.', example: 'https://example.com/hooks' }),
  description: z.string().max(500),
  eventTypes: z
    .array(
      z
        .string()
        .max(200)
        .superRefine((pattern, context) => {
          const fault = checkPattern(pattern)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        }),
    )
    .min(1)
    .max(100)
    .meta({
      description: 'Exact types, `prefix.*`, or `**` for everything but the server’s own `trunkline.*` events.',
      example: ['github.*'],
    }),
  payload: z
    .enum(['standard', 'raw'])
    .meta({ description: '`standard`: our envelope around the data; `raw`: the bytes as the provider sent them.' }),
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .meta({ description: 'How many deliveries may be under way to it at once.' }),
  ordering: orderingShape.meta({
    description:
      '`endpoint`: one delivery after the other, in the order of the log; `key`: so for each `orderKey` of the events. A change counts for deliveries that are made after it.',
  }),
  name: z.string().max(100).meta({ description: 'What people call it.' }),
  resourceTypes: z
    .array(
      z
        .string()
        .max(190)
        .refine(
          (word) => isEventType(word) && resourceTypeOf(word) === word,
          'must be the first word of an event type',
        ),
    )
    .min(1)
    .max(100)
    .nullable()
    .meta({ description: 'Only events of these kinds of thing: the first word of the type. Null for all.' }),
  filter: filterInput.nullable(),
  headers: headersInput,
  retry: retryInput,
  timeoutSeconds: z.number().int().min(1).max(30).meta({
    description: 'How long an attempt may take, from the look-up of the host to the last byte of the answer.',
  }),
  rateLimit: rateLimitShape.nullable().meta({
    description: 'At most so many attempts in that time, evenly. Null for none.',
    example: { limit: 100, per: 'minute' },
  }),
  metadata: metadataInput,
  tls: tlsInput,
  signatures: signaturesInput,
}

/** What an endpoint has that says nothing of it. */
export const usualSettings = {
  ...plainSettings,
  description: '',
  eventTypes: ['**'],
  payload: 'standard',
  /** Deliveries under way to it at once. */
  concurrency: 50,
} as const satisfies Partial<Endpoint>

export function showEndpoint(
  endpoint: Endpoint,
  context: Pick<Context, 'clock' | 'publicKey'>,
): z.input<typeof endpointShape> {
  return {
    id: endpoint.id,
    name: endpoint.name,
    url: endpoint.url,
    description: endpoint.description,
    customer: endpoint.customer,
    eventTypes: [...endpoint.eventTypes],
    resourceTypes: endpoint.resourceTypes && [...endpoint.resourceTypes],
    filter: endpoint.filter === null ? null : JSON.parse(endpoint.filter),
    payload: endpoint.payload,
    headerNames: headerNames(endpoint.sealedHeaders),
    retry: showRetry(endpoint.retry),
    timeoutSeconds: (endpoint.timeoutMs ?? attemptTimeoutMs) / 1000,
    concurrency: endpoint.concurrency,
    ordering: endpoint.ordering,
    rateLimit: endpoint.rateLimit,
    ...showSignatures(endpoint, context),
    status: endpoint.status,
    statusReason: endpoint.statusReason,
    verified: endpoint.verifiedAt !== null,
    verifiedAt: endpoint.verifiedAt === null ? null : shownTime(endpoint.verifiedAt),
    metadata: endpoint.metadata === null ? {} : JSON.parse(endpoint.metadata),
    tls: showTls(endpoint.sealedTls),
    createdAt: shownTime(endpoint.createdAt),
    updatedAt: shownTime(endpoint.updatedAt),
  }
}

/** The URL as it will be called, or ENDPOINT_URL_REFUSED. Whether its name resolves to an allowed address is seen at each attempt. */
export function checkedUrl(text: string, customer: string | null, { egressPolicy, publicUrl }: Context): string {
  const verdict = checkUrl(text, forCustomer(egressPolicy, customer))
  const fault = verdict.kind === 'ok' ? loopFault(verdict.url, publicUrl()) : verdict.detail
  if (verdict.kind === 'ok' && fault === undefined) return verdict.url.href
  const detail = fault ?? 'the URL cannot be used'
  throw new Problem('ENDPOINT_URL_REFUSED', detail, { errors: [{ at: '/url', message: detail }] })
}

/** Whether a URL leads back here, as far as its text can tell; a longer way round is stopped after some hops. */
export function loopFault(url: URL, publicUrl: string): string | undefined {
  const own = [`${publicUrl}/in/`, `${publicUrl}/api/v1/`].some((start) => url.href.startsWith(start))
  return own ? 'the URL is one of this server itself, so its deliveries would come back as new events' : undefined
}

const { url: _, ...others } = endpointSettings

/** Every setting but the URL, each of which may be left out at creation and in a change. */
export const optionalSettings = z.strictObject(others).partial().shape

type GivenSettings = Partial<z.output<z.ZodObject<typeof optionalSettings>>>

/** The settings that are given, as they are stored for that endpoint. */
export function storedSettings(
  { timeoutSeconds, metadata, filter, headers, tls, ...rest }: GivenSettings,
  endpoint: Pick<Endpoint, 'workspaceId' | 'id'>,
  context: Pick<Context, 'seal' | 'clock'>,
): EndpointChanges {
  return given({
    ...rest,
    ...storedTlsOf(tls, endpoint, context),
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
    filter: filter === undefined || filter === null ? filter : checkedFilter(filter),
    sealedHeaders: headers === undefined ? undefined : sealHeaders(headers, endpoint, context.seal),
  })
}
