import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { checkUrl } from '../../egress/url.ts'
import type { Endpoint } from '../../outbound/endpoint.ts'
import { checkPattern } from '../../outbound/match.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'

export const endpointShape = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    customer: z.string().nullable(),
    eventTypes: z.array(z.string()),
    payload: z.enum(['standard', 'raw']),
    concurrency: z.number(),
    status: z.enum(['active', 'paused', 'disabled']),
    statusReason: z.string().nullable(),
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
}

/** Deliveries under way to one endpoint at once, unless it says otherwise. */
export const defaultConcurrency = 50

export function showEndpoint(endpoint: Endpoint): z.input<typeof endpointShape> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    customer: endpoint.customer,
    eventTypes: [...endpoint.eventTypes],
    payload: endpoint.payload,
    concurrency: endpoint.concurrency,
    status: endpoint.status,
    statusReason: endpoint.statusReason,
    createdAt: shownTime(endpoint.createdAt),
    updatedAt: shownTime(endpoint.updatedAt),
  }
}

/** The URL as it will be called, or ENDPOINT_URL_REFUSED. Whether its name resolves to an allowed address is seen at each attempt. */
export function checkedUrl(text: string, { egressPolicy }: Context): string {
  const verdict = checkUrl(text, egressPolicy)
  if (verdict.kind === 'ok') return verdict.url.href
  throw new Problem('ENDPOINT_URL_REFUSED', verdict.detail, { errors: [{ at: '/url', message: verdict.detail }] })
}
