import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { postgres } from '../engines.ts'
import { pass } from '../pass.ts'
import { underLoad, untilLeaseMs } from '../round.ts'
import type { Environment } from '../server-process.ts'

const minute = 60_000
/** Forwards, backwards, and each way back. */
const jumps = [10 * minute, 0, 60 * minute, 0, -60 * minute, 0, -10 * minute, 60 * minute, -60 * minute, 0]
const preload = new URL('../clock-shift.mjs', import.meta.url).href

/** A clock that can be set while a server runs by it. */
async function withClock(work: (environment: Environment, set: (shiftMs: number) => void) => Promise<unknown>) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-clock-'))
  const file = join(folder, 'shift')
  const set = (shiftMs: number) => writeFileSync(file, String(shiftMs))
  set(0)
  try {
    await work({ NODE_OPTIONS: `--import=${preload}`, TRUNKLINE_TEST_CLOCK_FILE: file }, set)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it(
  'a server whose clock jumps by up to two hours shares the work as before',
  () =>
    withClock(async (environment, set) => {
      const members = [{ environment }, {}]
      const round = { name: 'clock-jump', engine: postgres, members, endpoints: 4 }
      await underLoad(round, async ({ random, strike }) => {
        for (const shift of jumps) {
          strike('jump', untilLeaseMs)
          set(shift)
          await pass(2_000 + 3_000 * random())
        }
        return `the clock of one of two processes jumped ${jumps.length} times, by up to 2 h, between 1 h behind and 1 h ahead; the database's clock stayed`
      })
    }),
  300_000,
)

// The database's clock cannot be moved without the machine's. Against servers that are all off by as much it is off too.
it(
  'servers that are ten minutes ahead of their database, and then ten behind, work as others do',
  () =>
    withClock(async (environment, set) => {
      set(10 * minute)
      const members = [{ environment }, { environment }]
      const round = { name: 'database-clock', engine: postgres, members, endpoints: 4 }
      await underLoad(round, async ({ random, strike }) => {
        await pass(8_000 + 3_000 * random())
        strike('jump', untilLeaseMs)
        set(-10 * minute)
        await pass(8_000 + 3_000 * random())
        return 'both processes 10 min ahead of the database, then both 10 min behind'
      })
    }),
  300_000,
)
