import { z } from 'zod'
import { isValidAt, previewOf, secretsThatOpen } from '../../inbound/secrets.ts'
import type { Source } from '../../inbound/source-store.ts'
import { shownTime } from '../list.ts'
import type { Context } from '../operation.ts'

export const secretsShape = z
  .array(
    z.object({
      preview: z.string().meta({ description: 'The end of it, to know it again by.', example: '…3f9a' }),
      expiresAt: z.string().nullable().meta({ description: 'Until when it verifies; null for as long as it is set.' }),
    }),
  )
  .meta({
    description:
      'The secrets that verify, the current one first. Empty for kinds without one, and where the secret key is missing that they were sealed with.',
  })

/** The secrets that verify now, as much of them as may be seen. */
export function showSecrets(source: Source, { seal, clock }: Pick<Context, 'seal' | 'clock'>) {
  return secretsThatOpen(source, seal)
    .filter(isValidAt(clock.now()))
    .map(({ secret, until }) => ({
      preview: previewOf(secret),
      expiresAt: until === null ? null : shownTime(until),
    }))
}
