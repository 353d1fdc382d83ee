import { z } from 'zod'
import { shownTime } from '../list.ts'

export const pauseShape = z
  .object({
    isPaused: z.boolean(),
    pausedAt: z
      .string()
      .nullable()
      .meta({ description: 'Since when nothing new is sent; null while deliveries go on.' }),
  })
  .meta({ id: 'DeliveryPause' })

export const showPause = (at: number | undefined) => ({
  isPaused: at !== undefined,
  pausedAt: at === undefined ? null : shownTime(at),
})
