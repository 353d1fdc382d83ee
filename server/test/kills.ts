import { drawSeed, randomFrom } from './chance.ts'
import type { Engine } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectNothingLost, startLoad } from './load.ts'
import { openReceiver } from './receiver.ts'
import type { RoundRecord } from './record.ts'
import { createEndpoint, createSource, startTrunkline } from './trunkline.ts'

const concurrency = 50
/** What is on the wire when a server dies, and what has come back and is not on the disk yet (outbound/lane/hand-over.ts). */
const unrecorded = 2 * concurrency

/**
 * Posts from fifty connections, ends the server with SIGKILL at a random moment, starts it again, and so on; then finds
 * that nothing acknowledged was lost.
 */
export async function surviveKills(engine: Engine, kills: number): Promise<RoundRecord> {
  const begin = performance.now()
  const seed = drawSeed(`${kills} kills on ${engine.name}`)
  const random = randomFrom(seed)
  // On SQLite the successor takes over at once, whatever the lease; on PostgreSQL it waits for its predecessor's.
  const trunkline = await startTrunkline(engine, {
    TRUNKLINE_LEASE_SECONDS: engine.name === 'SQLite' ? '600' : '3',
    TRUNKLINE_LOG_LEVEL: 'warn',
  })
  const receiver = await openReceiver()
  const source = await createSource(trunkline, 'github')
  await createEndpoint(trunkline, receiver, { concurrency })
  const load = startLoad(source, { pauseMs: 20 })
  let { server } = trunkline
  for (let kill = 0; kill < kills; kill++) {
    const moment = load.acknowledged() + Math.ceil(400 * random())
    await eventually(`event ${moment}`, () => load.acknowledged() >= moment, { everyMs: 1, withinMs: 30_000 })
    await server.end('SIGKILL')
    server = await server.again()
  }
  const told = await load.finish()
  const lost = { source, told, receiver, unrecorded: kills * unrecorded }
  await expectNothingLost({ ...trunkline, server }, lost)
  const [attempts] = await trunkline.place.rows('SELECT count(*) AS n FROM attempts')
  const code = (await server.end('SIGTERM')).code
  if (code !== 0) throw new Error(`the server ended with ${code}`)
  return {
    round: `kill-one-${engine.name.toLowerCase()}`,
    seed,
    did: `the only process killed ${kills} times under load and started again`,
    events: told.size,
    deliveries: told.size,
    attempts: Number(attempts?.n),
    duplicates: receiver.arrivals.length - Number(attempts?.n),
    seconds: Math.round((performance.now() - begin) / 1000),
  }
}
