import { expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { fullOfOthers, readOnly } from '../losses.ts'
import { onOwnPostgres } from '../own-postgres.ts'
import { pass } from '../pass.ts'
import { underLoad, untilLeaseMs } from '../round.ts'
import { hung, killed, type Loss, stopped } from '../store-gone.ts'
import { expectPrompt } from '../store-loss.ts'

const losses: readonly (readonly [round: string, loss: Loss, downMs: number])[] = [
  ['database-stopped', stopped, 60_000],
  ['database-killed', killed, 20_000],
  ['database-hangs', hung, 60_000],
  ['read-only', readOnly, 20_000],
  ['max-connections', fullOfOthers(), 20_000],
]

it.each(losses)(
  '%s: while PostgreSQL takes nothing, senders are told at once, and nothing is lost',
  (name, { name: what, take, giveBack }, downMs) =>
    onOwnPostgres(async (postgres, engine) => {
      await underLoad({ name, engine, members: [{}, {}], endpoints: 4 }, async ({ fleet, load, strike, heal }) => {
        await eventually('fifty acknowledged events', () => load.acknowledged() >= 50)
        strike(name, untilLeaseMs)
        await take(postgres)
        await pass(downMs)
        for (const server of fleet.servers) expect((await server.ready()).status).toBe(503)
        const refusals = [...load.refusals]
        await giveBack(postgres)
        heal()
        const before = load.acknowledged()
        for (const server of fleet.servers) {
          await eventually('a server that is ready again', async () => (await server.ready()).status === 200)
        }
        await eventually('senders that are heard again', () => load.acknowledged() > before + 20)
        expectPrompt(refusals, name)
        return `PostgreSQL ${what} for ${downMs / 1000} s; ${refusals.length} requests told to come back`
      })
    }),
  180_000,
)
