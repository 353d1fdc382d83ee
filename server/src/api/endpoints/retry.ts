import { z } from 'zod'
import type { RetryPolicy } from '../../outbound/endpoint/endpoint.ts'

const daySeconds = 24 * 60 * 60

/** The most delays of a list, and the longest of them. */
const mostDelays = 20
const longestDelaySeconds = 7 * daySeconds

const presets = z.strictObject({ preset: z.enum(['standard', 'opencom']) })

const list = z.strictObject({
  delaysSeconds: z.array(z.number().int().min(0).max(longestDelaySeconds)).max(mostDelays),
})

/** When a failed delivery is tried again, as it is given. */
export const retryInput = z
  .union(
    [
      presets,
      z.strictObject({
        preset: z.literal('doubling'),
        baseSeconds: z.number().int().min(10).max(3600).default(60),
        retries: z.number().int().min(0).max(10).default(3),
      }),
      list,
    ],
    `must be {"preset":"standard"}, {"preset":"opencom"}, {"preset":"doubling","baseSeconds":10-3600,"retries":0-10} or {"delaysSeconds":[…]} with at most ${mostDelays} whole numbers from 0 to ${longestDelaySeconds}`,
  )
  .meta({
    description:
      'When a failed delivery is tried again. `standard`: ten attempts over three days. `opencom`: after 30 s, 2 min, 10 min and 1 h. `doubling`: `retries` times, after `baseSeconds`, then twice as long each time, at most a day. Or the delays themselves.',
    example: { preset: 'doubling', baseSeconds: 60, retries: 3 },
  })

/** As it is shown. */
export const retryShape = z.union([
  presets,
  z.strictObject({ preset: z.literal('doubling'), baseSeconds: z.number(), retries: z.number() }),
  z.strictObject({ delaysSeconds: z.array(z.number()) }),
])

export function showRetry(policy: RetryPolicy | null): z.input<typeof retryShape> {
  if (policy === null) return { preset: 'standard' }
  return 'delaysSeconds' in policy ? { delaysSeconds: [...policy.delaysSeconds] } : policy
}
