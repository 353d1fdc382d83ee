import { it } from 'vitest'
import { eventually } from '../eventually.ts'
import { onOwnPostgres } from '../own-postgres.ts'
import { pass } from '../pass.ts'
import { underLoad, untilLeaseMs } from '../round.ts'

const restarts = 6

it(
  'a PostgreSQL that is restarted at once, again and again, costs nothing that was acknowledged',
  () =>
    onOwnPostgres(async (postgres, engine) => {
      await underLoad(
        { name: 'database-restart', engine, members: [{}, {}], endpoints: 4 },
        async ({ fleet, load, random, strike, heal }) => {
          for (let restart = 0; restart < restarts; restart++) {
            await pass(1_000 + 4_000 * random())
            strike('restart', untilLeaseMs)
            await postgres.stop({ mode: 'immediate' })
            await pass(random() < 0.5 ? 0 : 5_000 * random())
            await postgres.restart()
            heal()
            const before = load.acknowledged()
            await eventually('senders that are heard again', () => load.acknowledged() > before + 20, {
              withinMs: 20_000,
            })
            for (const server of fleet.servers) {
              await eventually('a server that is ready', async () => (await server.ready()).status === 200)
            }
          }
          return `${restarts} immediate restarts of PostgreSQL, which was away for up to 5 s`
        },
      )
    }),
  300_000,
)
