import type { Commit } from '../../base/command.ts'
import type { Reads } from './fact-server.ts'
import type { Advance, Advanced, advanceCommand } from './follow.ts'
import { sentenceOf } from './parked.ts'
import type { FactReader, Reading } from './reading.ts'

/** Reads events in this process, with no limit: for tests of what comes after the reading. */
export function readHere(followers: readonly Reads[]): FactReader {
  const read = async (name: string, event: Parameters<NonNullable<Reads['read']>>[0], settings: unknown) => {
    try {
      return { fact: await followers.find((each) => each.name === name)?.read?.(event, settings as never) }
    } catch (error) {
      return { cause: 'HANDLER_THREW', error: sentenceOf(error) } as const
    }
  }
  return {
    async read(name, events, settings) {
      const readings: [number, Reading][] = []
      for (const event of events) readings.push([event.seq, await read(name, event, settings)])
      return readings
    },
    async close() {},
  }
}

/** Moves a follower on as its loop does: where it wants to know what is in its events, they are read first. */
export async function advanceReading(
  commit: Commit,
  advance: ReturnType<typeof advanceCommand>,
  call: Advance,
  reader: FactReader,
): Promise<Advanced> {
  let advanced = await commit(advance, call)
  let readings: Advance['readings'] = []
  while (advanced.wanted) {
    readings = [...readings, ...(await reader.read(call.follower, advanced.wanted, call.settings, 0))]
    advanced = await commit(advance, { ...call, readings })
  }
  return advanced
}
