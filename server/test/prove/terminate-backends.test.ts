import { it } from 'vitest'
import { postgres } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { pass } from '../pass.ts'
import { underLoad } from '../round.ts'

const times = 25

it('servers whose connections are all ended, again and again, lose nothing', async () => {
  await underLoad(
    { name: 'terminate-backends', engine: postgres, members: [{}, {}], endpoints: 4 },
    async ({ fleet, load, random, strike }) => {
      let ended = 0
      for (let n = 0; n < times; n++) {
        await pass(1_500 * random())
        strike('terminate')
        const rows = await fleet.place.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        )
        ended += rows.length
        const before = load.acknowledged()
        await eventually('senders that are heard again', () => load.acknowledged() > before, { withinMs: 20_000 })
      }
      return `pg_terminate_backend on every connection ${times} times, ${ended} connections in all`
    },
  )
}, 300_000)
