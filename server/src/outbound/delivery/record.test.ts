import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import { createRecorder } from './record.ts'
import type { SettleCall } from './settle.ts'

const call = (deliveryId: string) => ({ attempt: { deliveryId } }) as SettleCall

function open() {
  /** What was offered to the database and is not answered yet. */
  const offered: { id: string; answer(result: boolean | Error): void }[] = []
  const recorded: string[] = []
  const commit = ((_: unknown, { attempt }: SettleCall) =>
    new Promise((resolve, reject) => {
      const answer = (result: boolean | Error) => (result instanceof Error ? reject(result) : resolve(result))
      offered.push({ id: attempt.deliveryId, answer })
    })) as unknown as Commit
  const clock = fakeClock()
  const onRecorded = ({ attempt }: SettleCall) => recorded.push(attempt.deliveryId)
  const recorder = createRecorder({ commit, clock, journal: silentLog, onRecorded })
  const record = (id: string, isAwaited = false) => recorder.record(call(id), { isAwaited })
  return { recorder, record, recorded, offered, ids: () => offered.map(({ id }) => id) }
}

describe('an outcome', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is offered at once while little happens, and otherwise with others', () => {
    const { record, ids } = open()
    record('1')
    expect(ids()).toEqual(['1'])
    record('2')
    vi.advanceTimersByTime(24)
    record('3')
    expect(ids()).toEqual(['1'])
    vi.advanceTimersByTime(1)
    expect(ids()).toEqual(['1', '2', '3'])
    vi.advanceTimersByTime(25)
    record('4')
    expect(ids().at(-1), 'nothing else happened').toBe('4')
  })

  it('does not wait when something waits for it, nor when many have come together', () => {
    const { record, ids } = open()
    record('1')
    record('2')
    record('3', true)
    expect(ids()).toEqual(['1', '2', '3'])
    for (let i = 4; i < 35; i++) record(String(i))
    expect(ids()).toHaveLength(3)
    record('35')
    expect(ids()).toHaveLength(35)
  })

  it('is unfinished while it waits', async () => {
    const { recorder, record, offered, recorded } = open()
    record('1')
    offered[0]?.answer(true)
    await vi.waitFor(() => expect(recorded).toEqual(['1']))
    expect(recorder.isIdle()).toBe(true)
    record('2')
    expect(recorder.isIdle()).toBe(false)
    vi.advanceTimersByTime(25)
    offered[1]?.answer(true)
    await vi.waitFor(() => expect(recorder.isIdle()).toBe(true))
    expect(recorded).toEqual(['1', '2'])
  })

  it('is kept and offered again when the database does not take it', async () => {
    const { recorder, record, offered, recorded, ids } = open()
    record('1')
    offered[0]?.answer(new StoreUnavailable('gone'))
    await vi.waitFor(() => expect(recorder.isStuck()).toBe(true))
    expect(recorder.isIdle()).toBe(false)
    recorder.recordAgain()
    expect(ids()).toEqual(['1', '1'])
    offered[1]?.answer(true)
    await vi.waitFor(() => expect(recorded).toEqual(['1']))
    expect(recorder.isStuck()).toBe(false)
    expect(recorder.isIdle()).toBe(true)
  })
})
