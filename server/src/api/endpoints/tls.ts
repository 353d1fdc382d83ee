import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { checkTls, type ShownTls, shownTls, storedTls, type TlsSetting } from '../../outbound/endpoint/client-tls.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import type { Context } from '../operation.ts'

const pem = z.string().max(64 * 1024)

export const tlsInput = z
  .strictObject({
    certificate: pem.nullable().default(null).meta({
      description: 'A client certificate in PEM, and after it those that lead to its authority.',
    }),
    key: pem
      .nullable()
      .default(null)
      .meta({ description: 'Its private key in PEM. It is sealed and never shown again.' }),
    ca: pem.nullable().default(null).meta({
      description:
        'The authorities that alone are trusted for this endpoint, in PEM; null for those that everybody trusts.',
    }),
  })
  .nullable()
  .meta({ description: 'A client certificate, a private authority, or both. Null for none.' })

const certificateShape = z.object({ subject: z.string(), expiresAt: z.string() })

export const tlsShape = z
  .object({ certificate: certificateShape.nullable(), ca: z.array(certificateShape) })
  .nullable()
  .meta({ description: 'Whose certificates it has and until when they are valid; null when it has none.' })

export function showTls(sealedTls: string | null): z.input<typeof tlsShape> {
  if (sealedTls === null) return null
  const { certificate, ca }: ShownTls = shownTls(sealedTls)
  return { certificate, ca: [...ca] }
}

/** The setting as it is stored: nothing when it is not given, null when it is taken away. */
export function storedTlsOf(
  tls: z.output<typeof tlsInput> | undefined,
  endpoint: Pick<Endpoint, 'workspaceId' | 'id'>,
  { seal, clock }: Pick<Context, 'seal' | 'clock'>,
): { sealedTls?: string | null } {
  if (tls === undefined) return {}
  if (tls === null) return { sealedTls: null }
  return { sealedTls: storedTls(tls, checkedTls(tls, clock.now()), seal, endpoint) }
}

/** What is shown of a setting that can be used; otherwise INVALID_INPUT, with the field. */
export function checkedTls(tls: TlsSetting, now: number): ShownTls {
  const checked = checkTls(tls, now)
  if (!('at' in checked)) return checked
  const { at, message } = checked
  throw new Problem('INVALID_INPUT', `tls.${at} ${message}`, { errors: [{ at: `/tls/${at}`, message }] })
}
