import { z } from 'zod'
import { forecastOf } from '../../retention/forecast.ts'
import { keptDays, type SweepName, sweeps } from '../../retention/keep.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'

const amount = z.object({ rows: z.number(), bytes: z.number() })
const future = z
  .object({ bytes: z.number(), inDays: z.number() })
  .nullable()
  .meta({ description: 'Where growth ends, because as much goes as comes; null when something is kept for ever.' })

const retentionShape = z
  .object({
    classes: z.array(
      z.object({
        name: z.enum(['bodies', 'records', 'successes', 'quarantine', 'dedupe-keys']),
        ...amount.shape,
        perDay: amount.meta({ description: 'What came in a day, of the last seven days.' }),
        keptDays: z.number().nullable().meta({ description: 'Null for ever.' }),
        comesTo: future,
      }),
    ),
    database: z.object({
      bytes: z.number(),
      reusableBytes: z.number().meta({ description: 'Empty room within, which is filled before the database grows.' }),
      freeDiskBytes: z.number().nullable().meta({ description: 'Null where the database is elsewhere.' }),
      perDayBytes: z.number(),
      comesTo: future,
    }),
    sentences: z
      .array(z.string())
      .meta({ example: ['At this rate the database will be 4.1 GB in 23 days and stay there.'] }),
    sweeps: z.array(
      z.object({
        name: z.string(),
        removes: z.string(),
        keptDays: z.number().nullable().meta({ description: 'Null for ever, or where it is not a setting.' }),
        ranAt: z.string().nullable().meta({ description: 'When it last had a turn.' }),
        sweptAt: z.string().nullable().meta({ description: 'When it last had nothing more to remove.' }),
        lastRemoved: z.number().meta({ description: 'Rows that its last whole pass removed.' }),
        total: z.number(),
      }),
    ),
  })
  .meta({ id: 'Retention' })

export default operation({
  name: 'readRetention',
  method: 'GET',
  path: '/retention',
  scope: 'metrics.read',
  summary:
    'Read what the whole database holds, for how long, what was removed, and how large it will become (estimates)',
  output: retentionShape,
  async run({ reads, clock, retention }) {
    const now = clock.now()
    const [sizes, states, freeDiskBytes] = await Promise.all([
      reads.retention.sizes(now),
      reads.retention.states(),
      retention.freeDiskBytes(),
    ])
    const { classes, comesTo, perDayBytes, sentences } = forecastOf(sizes, retention.keep, now, freeDiskBytes)
    const known = new Map(states.map((state) => [state.name, state]))
    return {
      classes: [...classes],
      database: {
        bytes: sizes.databaseBytes,
        reusableBytes: sizes.reusableBytes,
        freeDiskBytes,
        perDayBytes,
        comesTo,
      },
      sentences: [...sentences],
      sweeps: (Object.keys(sweeps) as SweepName[]).map((name) => {
        const state = known.get(name)
        const { removes } = sweeps[name]
        const days = keptDays(name, retention.keep)
        return {
          name,
          removes,
          keptDays: days === 0 ? null : days,
          ranAt: shown(state?.ranAt),
          sweptAt: shown(state?.sweptAt),
          lastRemoved: state?.lastRemoved ?? 0,
          total: state?.total ?? 0,
        }
      }),
    }
  },
})

const shown = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : shownTime(at))
