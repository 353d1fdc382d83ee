import { z } from 'zod'
import { mostRequests, mostSeconds } from '../../base/rate-limit.ts'

export const rateLimitShape = z
  .strictObject({
    requests: z.int().min(1).max(mostRequests),
    perSeconds: z.int().min(1).max(mostSeconds),
  })
  .meta({ id: 'RateLimit', description: 'So many requests at once, and so many again in each period.' })

/** What a caller says about it; null takes it away. */
export const rateLimitField = rateLimitShape.nullable().optional().meta({
  description:
    'Requests beyond it are answered 429. Null or left out: as many as the server’s default says, if there is one.',
})
