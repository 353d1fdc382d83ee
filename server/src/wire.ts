import { setTimeout as sleep } from 'node:timers/promises'
import { ensureFirstKey } from './access/first-key.ts'
import type { Config } from './config.ts'
import { type Core, openCore, type WireOptions } from './core.ts'
import { type Doors, openDoors } from './doors.ts'
import { keepEnvironmentSources } from './environment-sources.ts'
import { startWork, type Work } from './work.ts'

/** A running server. */
export interface Running {
  port: number
  adminPort: number | undefined
  /** How the first run ends: the key that was made, and the files that hold secrets. */
  firstKey: string | undefined
  firstKeyFile: string | undefined
  secretKeyFile: string | undefined
  engine: 'sqlite' | 'postgres'
  /** Goes on as before, but says on `/ready` that it is going, and closes each connection after its answer. */
  retreat(): void
  /** Stops taking requests, finishes what is under way, gives everything back. */
  stop(): Promise<void>
}

/** What a start that fails has begun may take this long to end. */
const giveUpMs = 3000

/** Puts the server together and starts it. */
export async function start(config: Config, options: WireOptions): Promise<Running> {
  const core = await openCore(config, options)
  const { storage, clock, commit } = core
  let work: Work | undefined
  let doors: Doors | undefined
  try {
    await keepEnvironmentSources(config.sources, core)
    work = startWork(config, core, options)
    const { stop } = work
    const open = await openDoors(config, core, work, options)
    doors = open
    // Last of all: a start that fails after it would leave a key in force that nobody was told.
    const folder = options.isTerminal ? undefined : config.dataFolder
    const first = config.apiKey === undefined ? await ensureFirstKey(clock.now(), commit, folder) : undefined
    return {
      port: open.port,
      adminPort: open.adminPort,
      firstKey: first?.key,
      firstKeyFile: first?.file,
      secretKeyFile: core.secretKeyFile,
      engine: storage.engine,
      retreat: open.retreat,
      async stop() {
        // All at once: requests and deliveries under way share the time that there is.
        await Promise.all([open.close(), stop()])
        await storage.close()
      },
    }
  } catch (error) {
    await giveUp(core, work, doors)
    throw error
  }
}

/** Gives back at once, and not after its lease, what a start that failed has taken. */
async function giveUp({ membership, storage }: Core, work: Work | undefined, doors: Doors | undefined): Promise<void> {
  const ended = Promise.all([doors?.close(), work ? work.stop() : membership.leave()]).catch(() => {}) // missed after a lease
  await Promise.race([ended, sleep(giveUpMs)])
  await storage.close()
}
