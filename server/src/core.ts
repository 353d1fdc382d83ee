import { useKeyOf } from './access/first-key.ts'
import { keepKeys, newKeys, openKeys } from './access/keyring.ts'
import { findSecretKey } from './access/secret-key.ts'
import { type Clock, type Random, systemClock, systemRandom } from './base/clock.ts'
import { newId } from './base/id.ts'
import type { Log } from './base/log.ts'
import { createSeal } from './base/seal.ts'
import { commands } from './commands.ts'
import type { Config } from './config.ts'
import type { Resolve } from './egress/exchange.ts'
import { createMetrics } from './http/metrics.ts'
import { createMembership } from './jobs/membership.ts'
import type { Monitor } from './monitor/monitor.ts'
import { openStorage } from './open-storage.ts'
import { watchStore } from './store-health.ts'
import { version } from './version.ts'

export interface WireOptions {
  journal: Log
  /** Something died that the server cannot live without. */
  onFatal(error: Error): void
  /** Whether somebody watches: then a first key is shown to them and not written to a file. */
  isTerminal: boolean
  clock?: Clock
  random?: Random
  resolve?: Resolve
  /** Hears of faults, and has its figures among the others. */
  monitor?: Pick<Monitor, 'measure'> | undefined
}

/** What everything stands on: the database, the keys, the place among the other processes, and the figures. */
export async function openCore(config: Config, options: WireOptions) {
  // The machine's clock is what senders and receivers measure by; the database's is what the processes have in common.
  const { journal, onFatal, clock: wall = systemClock, random = systemRandom } = options
  const secretKey = findSecretKey(config.dataFolder, config.secretKey)
  const seal = createSeal(secretKey.key, config.previousSecretKeys)
  const { meter, show } = createMetrics()
  options.monitor?.measure(meter)
  const processId = newId('process', wall.now())
  const storage = await openStorage(config, { clock: wall, journal, version, commands, onFatal, processId })
  try {
    const { clock } = storage
    const { commit, health } = watchStore(storage.commit, { clock, journal, meter })
    const keyring = openKeys(seal, await commit(keepKeys, newKeys(seal)))
    const { roles, leaseMs } = config
    const membership = createMembership({ commit, clock, journal, processId, roles, leaseMs })
    await membership.beat()
    await useKeyOf(config.apiKey, clock.now(), commit)
    return {
      journal,
      clock,
      wall,
      random,
      seal,
      meter,
      showMetrics: show,
      storage,
      commit,
      health,
      keyring,
      processId,
      membership,
      secretKeyFile: secretKey.madeAt,
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}

export type Core = Awaited<ReturnType<typeof openCore>>
