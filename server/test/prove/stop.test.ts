import { it } from 'vitest'
import { postgres } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { leaseMs } from '../fleet.ts'
import { pass } from '../pass.ts'
import { underLoad } from '../round.ts'

const stops = 5
/** What a stopped server had written to its sockets still arrives. */
const inSocketsMs = 500

it('a server that stands still for longer than its lease, again and again, does no harm when it goes on', async () => {
  await underLoad(
    { name: 'stop', engine: postgres, members: [{}, {}], endpoints: 4, answerMs: 100 },
    async ({ fleet, random, strike }) => {
      for (let stop = 0; stop < stops; stop++) {
        await pass(1_000 + 2_000 * random())
        const server = fleet.servers[random() < 0.5 ? 0 : 1]
        if (!server) throw new Error('a fleet of two')
        strike('stop', inSocketsMs)
        process.kill(server.pid, 'SIGSTOP')
        await pass(leaseMs + 3_000 * random())
        process.kill(server.pid, 'SIGCONT')
        await eventually('a server that is ready', async () => (await server.ready()).status === 200)
      }
      return `one of two processes stopped ${stops} times for ${leaseMs / 1000} to ${leaseMs / 1000 + 3} s, with a lease of ${leaseMs / 1000} s`
    },
  )
}, 300_000)
