import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../api/exercise-api.ts'
import { operations } from '../api/operations.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { openApiDocument } from './openapi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(() => {
  api.faults.length = 0
})
afterAll(() => api[Symbol.asyncDispose]())

const get = (path: string, key?: string) => api.call('GET', path, key)

describe('/health', () => {
  it('says that the process lives, to anybody, whatever else is wrong', async () => {
    api.faults.push('the database takes no writes')
    expect(await get('/health')).toMatchObject({ status: 200, json: { status: 'ok', version: '1.2.3' } })
  })
})

describe('/ready', () => {
  it('says that the server can do its work', async () => {
    expect(await get('/ready')).toMatchObject({ status: 200, json: { status: 'ready', faults: [] } })
  })

  it('says what keeps it from that', async () => {
    api.faults.push('the database takes no writes: the disk is full')
    expect(await get('/ready')).toMatchObject({
      status: 503,
      json: { status: 'not ready', faults: ['the database takes no writes: the disk is full'] },
    })
  })
})

describe('/metrics', () => {
  it('are shown to a key that may read them, as text', async () => {
    const answer = await get('/metrics', api.caller(defaultWorkspaceId, ['metrics.read']).key)
    expect([answer.status, answer.text]).toEqual([200, 'trunkline_up 1\n'])
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })

  it('are shown to nobody else', async () => {
    expect(await get('/metrics')).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } })
    const key = api.caller(defaultWorkspaceId, ['events.read']).key
    expect(await get('/metrics', key)).toMatchObject({ status: 403, json: { code: 'SCOPE_MISSING' } })
  })
})

describe('/openapi.json', () => {
  it('is shown to anybody', async () => {
    const answer = await get('/openapi.json')
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(answer.json).toEqual(openApiDocument('/api/v1', operations))
  })
})
