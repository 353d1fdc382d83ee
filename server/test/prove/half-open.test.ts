import { expect, it } from 'vitest'
import { type Engine, postgresPlace } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { pass } from '../pass.ts'
import { underLoad } from '../round.ts'
import { sharedPostgres } from '../shared-postgres.ts'
import { openWire, type Silence } from '../wire.ts'

const ways: readonly Silence[] = ['to the database', 'from the database', 'both ways']
/** A server that is cut off gives up its statements after six seconds, and until then may still send what it had claimed. */
const noticedMs = 7_000

it('connections to PostgreSQL that become black holes cost time and nothing else', async () => {
  const database = await (await sharedPostgres()).createDatabase()
  const wire = await openWire(database.url)
  const engine: Engine = { name: 'PostgreSQL', createPlace: async () => postgresPlace(database) }
  // The first server has the wire, the other one and the test have the database itself.
  const members = [{ environment: { DATABASE_URL: wire.url } }, {}]
  try {
    await underLoad({ name: 'half-open', engine, members, endpoints: 4 }, async ({ fleet, random, strike }) => {
      let silenced = 0
      const isReady = async () => (await fleet.servers[0]?.ready())?.status === 200
      for (const way of [...ways, ...ways]) {
        await pass(1_000 + 1_000 * random())
        strike(way, noticedMs)
        silenced += wire.silence(way)
        await pass(noticedMs)
        await eventually('a server that is ready again', isReady, { withinMs: 30_000 })
      }
      expect(wire.count('listening'), 'connections that listen').toBeGreaterThan(0)
      for (const way of ways) {
        strike(way)
        silenced += wire.silence(way, 'listening')
        await pass(5_000)
        expect(await isReady(), 'a server that has lost nothing but its wake-ups').toBe(true)
      }
      return `${silenced} connections of one of two processes turned into black holes, in ${ways.length * 2} strikes on all and ${ways.length} on the one that listens`
    })
  } finally {
    await wire.close()
  }
}, 300_000)
