import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

describe('the deliveries of a workspace', () => {
  let api: TestApi
  let caller: Caller
  let other: Caller
  beforeAll(async () => {
    api = await openTestApi()
    caller = api.caller(newId('workspace', api.clock.now()))
    other = api.caller(newId('workspace', api.clock.now()))
  })
  afterAll(() => api[Symbol.asyncDispose]())

  it('are paused and resumed, which is shown, and not those of others', async () => {
    expect((await caller.get('/deliveries/pause')).json).toEqual({ isPaused: false, pausedAt: null })
    const paused = { isPaused: true, pausedAt: new Date(api.clock.now()).toISOString() }
    expect((await caller.post('/deliveries/pause')).json).toEqual(paused)
    api.clock.advance(5000)
    expect((await caller.post('/deliveries/pause')).json, 'again changes nothing').toEqual(paused)
    expect((await caller.get('/deliveries/pause')).json).toEqual(paused)
    expect((await other.get('/deliveries/pause')).json.isPaused).toBe(false)
    expect((await caller.post('/deliveries/resume')).json).toEqual({ isPaused: false, pausedAt: null })
    expect((await caller.get('/deliveries/pause')).json.isPaused).toBe(false)
  })
})
