import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { type Beat, beat, leave } from './process.ts'

let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

const beatOf = (processId: string, more: Partial<Beat> = {}) =>
  storage.commit(beat, { processId, roles: ['deliver'], silent: [], now: 1000, ...more })

it('a process counts its signs of life, and hears of the others', async () => {
  await beatOf('proc_1', { roles: ['accept', 'deliver'] })
  await beatOf('proc_2')
  expect(await beatOf('proc_1', { now: 2000 })).toEqual({
    processes: [
      { id: 'proc_1', beats: 2, roles: ['deliver'] },
      { id: 'proc_2', beats: 1, roles: ['deliver'] },
    ],
    struck: [],
  })
})

it('a process that leaves is forgotten at once, also twice', async () => {
  await beatOf('proc_1')
  await storage.commit(leave, { processId: 'proc_1' })
  await storage.commit(leave, { processId: 'proc_1' })
  expect(storage.sql('SELECT id FROM processes')).toEqual([])
})

it('a silent process is struck off, unless it has counted on meanwhile', async () => {
  await beatOf('proc_1')
  await beatOf('proc_2')
  await beatOf('proc_2')
  const silent = [
    { id: 'proc_1', beats: 1 },
    { id: 'proc_2', beats: 1 },
    { id: 'proc_9', beats: 1 },
  ]
  const { processes, struck } = await beatOf('proc_3', { silent })
  expect(struck).toEqual(['proc_1'])
  expect(processes.map(({ id }) => id)).toEqual(['proc_2', 'proc_3'])
})

it('a process that was struck off and lives is in the list again', async () => {
  await beatOf('proc_1')
  await beatOf('proc_2', { silent: [{ id: 'proc_1', beats: 1 }] })
  const { processes } = await beatOf('proc_1')
  expect(processes).toContainEqual({ id: 'proc_1', beats: 1, roles: ['deliver'] })
})
