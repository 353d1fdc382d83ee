import { z } from 'zod'
import type { Incoming, Proof, Verdict } from '../source.ts'
import { refused, verified } from './verdict.ts'

/** One way in which a sender may prove itself. It answers `MISSING_SIGNATURE` when the request does not show it. */
export type Way = (request: Incoming, proof: Proof) => Verdict

/** The setting of what a source asks for: `any` takes a request for its address alone, `required` does not. */
export const proofSetting = z.enum(['any', 'required'])

export interface ProofSetting {
  proof: z.infer<typeof proofSetting>
}

/**
 * The verdict on a sender that may prove itself in several ways, or in none. Whatever it shows has to be right: one right
 * proof does not make up for a wrong one beside it. If it shows nothing, an address that nobody else was told will do,
 * unless the source says otherwise.
 * @example verify: shown(token({ header: 'authorization', scheme: 'Bearer' }), hmac({ … }))
 */
export function shown(...ways: readonly [Way, ...Way[]]): (request: Incoming, proof: Proof<ProofSetting>) => Verdict {
  return (request, proof) => {
    const missing: string[] = []
    for (const way of ways) {
      const verdict = way(request, proof)
      if (verdict.kind !== 'refused') continue
      if (verdict.cause !== 'MISSING_SIGNATURE') return verdict
      missing.push(verdict.detail)
    }
    if (missing.length < ways.length) return verified
    const why = missing.join(', and ')
    return proof.config.proof === 'any' ? addressed(request, why) : refused('MISSING_SIGNATURE', why)
  }
}

/** The verdict on a request that shows nothing: its address is all the proof there is, if nobody else was told it. */
export function addressed({ isAddressed }: Pick<Incoming, 'isAddressed'>, missing: string): Verdict {
  if (isAddressed) return { kind: 'unsigned' }
  return refused('MISSING_SIGNATURE', `${missing}, and the address that it came to is known to everybody`)
}
