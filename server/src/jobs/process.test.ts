import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { beat, leave } from './process.ts'

let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())
const processes = () => storage.sql('SELECT id, beat_at FROM processes ORDER BY id')

it('a process is known by its last heartbeat', async () => {
  await storage.commit(beat, { processId: 'proc_1', now: 1000 })
  await storage.commit(beat, { processId: 'proc_2', now: 1500 })
  await storage.commit(beat, { processId: 'proc_1', now: 2000 })
  expect(processes()).toEqual([
    { id: 'proc_1', beat_at: 2000 },
    { id: 'proc_2', beat_at: 1500 },
  ])
})

it('a process that leaves is forgotten at once, also twice', async () => {
  await storage.commit(beat, { processId: 'proc_1', now: 1000 })
  await storage.commit(leave, { processId: 'proc_1' })
  await storage.commit(leave, { processId: 'proc_1' })
  expect(processes()).toEqual([])
})

it('a dead process is forgotten after a day', async () => {
  const day = 24 * 60 * 60 * 1000
  await storage.commit(beat, { processId: 'proc_1', now: 1000 })
  await storage.commit(beat, { processId: 'proc_2', now: 1000 + day })
  expect(processes()).toHaveLength(2)
  await storage.commit(beat, { processId: 'proc_2', now: 1001 + day })
  expect(processes().map((each) => each.id)).toEqual(['proc_2'])
})
