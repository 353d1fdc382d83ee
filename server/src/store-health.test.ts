import { describe, expect, it } from 'vitest'
import { fakeClock } from './base/clock.ts'
import type { Commit } from './base/command.ts'
import { Problem, StoreUnavailable } from './base/errors.ts'
import { leave } from './jobs/process.ts'
import { watchStore } from './store-health.ts'

/** A database that answers as it is told. */
function open() {
  const clock = fakeClock()
  const lines: [string, unknown][] = []
  const figures: number[] = []
  const keep = (event: string, facts: unknown) => void lines.push([event, facts])
  let failure: Error | undefined
  const commit = (() => (failure ? Promise.reject(failure) : Promise.resolve(null))) as unknown as Commit
  const watched = watchStore(commit, {
    clock,
    journal: { debug: keep, info: keep, warn: keep, error: keep },
    meter: { add() {}, set: (_, value) => figures.push(value) },
  })
  const write = (error?: Error) => {
    failure = error
    return watched.commit(leave, { processId: 'proc_1' })
  }
  return { clock, lines, figures, health: watched.health, write }
}

describe('the health of the database', () => {
  it('is good until it does not take a write', async () => {
    const { health, write, figures } = open()
    expect(health.fault()).toBeUndefined()
    await write()
    expect(health.fault()).toBeUndefined()
    await expect(write(new StoreUnavailable('the disk is full'))).rejects.toThrow('the disk is full')
    expect(health.fault()).toBe('the disk is full')
    expect(figures).toEqual([1, 0])
  })

  it('is good again with the next write that it takes, and the log says how long it was not', async () => {
    const { health, write, clock, lines, figures } = open()
    await write(new StoreUnavailable('gone')).catch(() => {})
    clock.advance(2500)
    await write()
    expect(health.fault()).toBeUndefined()
    expect(lines.map(([event]) => event)).toEqual(['store.unavailable', 'store.back'])
    expect(lines[1]?.[1]).toEqual({ afterMs: 2500 })
    expect(figures).toEqual([1, 0, 1])
  })

  it('is said once, however many writes fail, with the newest reason', async () => {
    const { health, write, lines } = open()
    for (const reason of ['gone', 'still gone', 'the disk is full']) {
      await write(new StoreUnavailable(reason)).catch(() => {})
    }
    expect(lines).toHaveLength(1)
    expect(health.fault()).toBe('the disk is full')
  })

  it.each([new Problem('CONFLICT', 'no'), new TypeError('a bug')])(
    'is good when it answers with a failure of the command: %s',
    async (error) => {
      const { health, write } = open()
      await write(new StoreUnavailable('gone')).catch(() => {})
      await expect(write(error)).rejects.toBe(error)
      expect(health.fault()).toBeUndefined()
    },
  )
})
