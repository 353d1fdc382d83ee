import { Problem } from '../../base/errors.ts'
import type { Seal } from '../../base/seal.ts'
import type { Endpoint, FormerSecret } from '../endpoint/endpoint.ts'
import type { EndpointChanges } from '../endpoint/endpoint-store.ts'
import { secretPlace, signingSecretsOf } from './signing-secret.ts'

/** So many former secrets sign beside the current one, at most: each of them is work for every delivery. */
export const mostFormerSecrets = 2

/**
 * What changes when an endpoint gets a secret: the new one, and the ones before it, which sign until the overlap ends. None of
 * them signs longer than it would have. With the current secret, only the former ones' end changes.
 */
export function rotated(
  endpoint: Endpoint,
  secret: string,
  { seal, now, overlapMs }: { seal: Seal; now: number; overlapMs: number },
): Required<Pick<EndpointChanges, 'sealedSecret' | 'formerSecrets'>> {
  const end = now + overlapMs
  const formerSecrets = signingSecretsOf(endpoint, seal, now)
    .filter(({ text }) => text !== secret)
    .map(({ sealed, until }): FormerSecret => ({ sealed, until: Math.min(until ?? end, end) }))
    .filter(({ until }) => now < until)
  if (formerSecrets.length > mostFormerSecrets) throw tooMany(endpoint.id, formerSecrets)
  return { sealedSecret: seal.seal(secret, secretPlace(endpoint)), formerSecrets }
}

function tooMany(id: string, former: readonly FormerSecret[]): Problem {
  const first = new Date(Math.min(...former.map(({ until }) => until))).toISOString()
  return new Problem(
    'CONFLICT',
    `${mostFormerSecrets} former secrets of endpoint "${id}" sign still, and no more can; the first of them ends at ${first}: wait for it, or end them all now with "overlapHours": 0`,
  )
}
