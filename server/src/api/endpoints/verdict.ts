import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { forCustomer } from '../../egress/by-owner.ts'
import type { TlsIdentity } from '../../egress/exchange.ts'
import { probeSteps, refusedProbe } from '../../egress/probe.ts'
import { type EndpointCheck, refusalOf, verdictOf } from '../../outbound/endpoint/check.ts'
import { openTls } from '../../outbound/endpoint/client-tls.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import { causeShape, explained } from '../deliveries/shape.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'
import { loopFault } from './shape.ts'

/** Asks for a check where an endpoint is saved. */
export const checkInput = z.boolean().optional().meta({
  description:
    'Whether its URL is looked at first, which takes up to 10 s; the answer has the verdict as `check`. It is saved all the same, unless the verdict is `refused`.',
})

export const verdictShape = z
  .object({
    verdict: z.enum(['ok', 'warning', 'failed', 'refused']).meta({
      description: '`refused`: this server may not call the URL, so that no delivery could succeed.',
    }),
    checkedAt: z.string(),
    steps: z.array(
      z.object({
        step: z.enum(probeSteps),
        status: z.enum(['ok', 'failed', 'skipped']).meta({
          description:
            '`skipped`: it was not come to, or is not needed (a look-up for an address, TLS for plain http).',
        }),
        ms: z.number().nullable(),
        cause: causeShape.nullable(),
        explanation: z.string().nullable(),
        advice: z.string().nullable(),
        detail: z.string().nullable(),
      }),
    ),
    certificate: z
      .object({ subject: z.string(), issuer: z.string(), expiresAt: z.string(), daysLeft: z.number() })
      .nullable()
      .meta({ description: 'Of the receiver, also when it was refused; `daysLeft` is negative when it has expired.' }),
    status: z.number().nullable().meta({ description: 'What it answered to HEAD. Any status will do.' }),
    warnings: z.array(z.object({ code: z.enum(['CERTIFICATE_EXPIRES_SOON', 'REDIRECT']), message: z.string() })),
  })
  .meta({ id: 'EndpointCheck' })

/** Looks whether a URL can be delivered to, as a customer's or nobody's. Stores nothing. */
export async function check(
  url: string,
  customer: string | null,
  tls: TlsIdentity | undefined,
  { probe, clock, publicUrl }: Pick<Context, 'probe' | 'clock' | 'publicUrl'>,
): Promise<EndpointCheck> {
  const detail = URL.canParse(url) ? loopFault(new URL(url), publicUrl()) : undefined
  const probed =
    detail === undefined ? await forCustomer(probe, customer)(url, tls) : refusedProbe({ cause: 'URL_REFUSED', detail })
  return verdictOf(probed, clock.now())
}

/** Looks at an endpoint that is to be saved. Only what this server may not call at all is refused. */
export async function checkBeforeSaving(
  url: string,
  endpoint: Pick<Endpoint, 'workspaceId' | 'id' | 'customer' | 'sealedTls'>,
  context: Pick<Context, 'probe' | 'clock' | 'publicUrl' | 'seal'>,
): Promise<{ check: z.input<typeof verdictShape> }> {
  const checked = await check(url, endpoint.customer, openTls(endpoint, context.seal), context)
  const message = refusalOf(checked)
  if (message !== undefined) throw new Problem('ENDPOINT_URL_REFUSED', message, { errors: [{ at: '/url', message }] })
  return { check: showCheck(checked, context.clock.now()) }
}

/** At the time of the check, in milliseconds. */
export function showCheck({ steps, certificate, ...rest }: EndpointCheck, now: number): z.input<typeof verdictShape> {
  return {
    verdict: rest.verdict,
    checkedAt: shownTime(now),
    steps: steps.map(({ cause, detail, ...step }) => ({ ...step, ...explained(cause), detail })),
    certificate: certificate && { ...certificate, expiresAt: shownTime(certificate.expiresAt) },
    status: rest.status,
    warnings: [...rest.warnings],
  }
}
