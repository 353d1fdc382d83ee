import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { secretFault, standardSecretFault } from '../../inbound/signature/secret.ts'
import type { Endpoint, SignatureDialect } from '../../outbound/endpoint/endpoint.ts'
import { standardAlone } from '../../outbound/signature/sign.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'

const dialects = [
  'standard',
  'ed25519',
  'svix',
  'stripe',
  'github',
  'opencom',
  'remotedev',
] as const satisfies readonly SignatureDialect[]

export const signaturesInput = z
  .array(z.enum(dialects))
  .min(1)
  .refine((each) => new Set(each).size === each.length, 'names one twice')
  .meta({ description: 'How its deliveries are signed; several at once.', example: ['standard', 'stripe'] })

/** A secret of the caller's own. What else it must be, `checkedSecret` knows. */
export const secretInput = z.string().max(256)

export const signaturesShape = {
  signatures: z.array(z.enum(dialects)),
  publicKey: z.string().nullable().meta({
    description: 'What `ed25519` is verified with, as `whpk_…`; null where that is not among its signatures.',
  }),
  formerSecrets: z
    .array(z.object({ signsUntil: z.string() }))
    .meta({ description: 'Secrets that were replaced and sign still, newest first.' }),
}

/** How an endpoint's deliveries are signed, and nothing of what is secret. */
export function showSignatures(
  { signatures, formerSecrets }: Pick<Endpoint, 'signatures' | 'formerSecrets'>,
  { clock, publicKey }: Pick<Context, 'clock' | 'publicKey'>,
): z.input<z.ZodObject<typeof signaturesShape>> {
  const shown = signatures ?? standardAlone
  return {
    signatures: [...shown],
    publicKey: shown.includes('ed25519') ? publicKey : null,
    formerSecrets: formerSecrets
      .filter(({ until }) => clock.now() < until)
      .map(({ until }) => ({ signsUntil: shownTime(until) })),
  }
}

const shortest = 16
const fewestCharacters = 8

/** A secret that may sign in these dialects, or ENDPOINT_SECRET_REFUSED. */
export function checkedSecret(secret: string, signatures: readonly SignatureDialect[] | null): string {
  const fault = faultOf(secret, signatures ?? standardAlone)
  if (fault === undefined) return secret
  throw new Problem('ENDPOINT_SECRET_REFUSED', `/secret: ${fault}`, { errors: [{ at: '/secret', message: fault }] })
}

/** Refuses signatures that the endpoint's secret cannot make. */
export function checkSignatures(signatures: readonly SignatureDialect[], secret: string): void {
  const fault = faultOf(secret, signatures)
  if (fault === undefined) return
  const message = `${signatures.filter(isOfBytes).join(' and ')} cannot be made with the present secret: ${fault}. Rotate it first`
  throw new Problem('ENDPOINT_SECRET_REFUSED', `/signatures: ${message}`, { errors: [{ at: '/signatures', message }] })
}

/** Whether a dialect's key is the bytes that `whsec_…` stands for, and not the text as it is. */
const isOfBytes = (dialect: SignatureDialect) => dialect === 'standard' || dialect === 'svix'

/** What is wrong with a secret, in one sentence, or undefined. */
function faultOf(secret: string, signatures: readonly SignatureDialect[]): string | undefined {
  if (signatures.some(isOfBytes)) return standardSecretFault(secret)
  const fault = secretFault(secret, shortest)
  if (fault) return fault
  if (!/^[!-~]+$/.test(secret)) return 'the secret has other characters than visible ASCII'
  if (new Set(secret).size < fewestCharacters)
    return `the secret has fewer than ${fewestCharacters} different characters`
  return undefined
}
