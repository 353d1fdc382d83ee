import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { hashToken } from '../../inbound/claimants.ts'
import { makeToken, tokenFault } from '../../inbound/fixed-path.ts'
import type { SourceDefinition } from '../../inbound/source.ts'
import type { Claim, Source } from '../../inbound/source-store.ts'

/** What a caller says about the fixed path of a source's kind. */
export const claimFields = {
  fixedPath: z
    .boolean()
    .optional()
    .meta({ description: 'Whether the source is found at the fixed path of its kind too, beside its own URL.' }),
  token: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'The token that names the source there, for kinds that have one. Left out, one is made.' }),
}

/** The claim that is asked for; null gives the place up. */
export interface AskedClaim {
  claim: Claim | null
  token?: string
  isTokenMade: boolean
}

/** Reads what a caller says about the fixed path; undefined when nothing is to change. */
export function readClaim(
  definition: SourceDefinition,
  { fixedPath, token }: { fixedPath?: boolean | undefined; token?: string | undefined },
  known?: Source,
): AskedClaim | undefined {
  if (fixedPath === undefined && token === undefined) return undefined
  const { title, fixedPath: way } = definition
  if (fixedPath === false) {
    if (token !== undefined) throw refused('/token', 'goes with a fixed path, and "fixedPath" is false')
    return known?.fixedPath == null ? undefined : { claim: null, isTokenMade: false }
  }
  if (!way) throw refused('/fixedPath', `a ${title} source has no fixed path; post to its own URL`)
  if (token !== undefined && !way.token) throw refused('/token', `a ${title} source is found by its secret there`)
  const isClaimed = known?.fixedPath === way.path
  if (token !== undefined && fixedPath === undefined && !isClaimed)
    throw refused('/token', 'goes with "fixedPath": true')
  if (isClaimed && token === undefined) return undefined
  if (!way.token) return { claim: { path: way.path, tokenHash: null }, isTokenMade: false }
  const fault = token === undefined ? undefined : tokenFault(token)
  if (fault !== undefined) throw refused('/token', fault)
  const named = token ?? makeToken()
  return { claim: { path: way.path, tokenHash: hashToken(named) }, token: named, isTokenMade: token === undefined }
}

const refused = (at: string, message: string) =>
  new Problem('INVALID_INPUT', `${at}: ${message}`, { errors: [{ at, message }] })
