import type { Config } from './config.ts'
import { openCore, type WireOptions } from './core.ts'
import { openDoors } from './doors.ts'
import { keepEnvironmentSources } from './environment-sources.ts'
import { startWork } from './work.ts'

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

/** Puts the server together and starts it. */
export async function start(config: Config, options: WireOptions): Promise<Running> {
  const core = await openCore(config, options)
  const { storage } = core
  try {
    await keepEnvironmentSources(config.sources, core)
    const work = startWork(config, core, options)
    const doors = await openDoors(config, core, work, options)
    return {
      port: doors.port,
      adminPort: doors.adminPort,
      firstKey: core.firstKey,
      firstKeyFile: core.firstKeyFile,
      secretKeyFile: core.secretKeyFile,
      engine: storage.engine,
      retreat: doors.retreat,
      async stop() {
        // All at once: requests and deliveries under way share the time that there is.
        await Promise.all([doors.close(), work.stop()])
        await storage.close()
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}
