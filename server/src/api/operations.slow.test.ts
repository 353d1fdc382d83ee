import { describe, expect, it } from 'vitest'
import { makeKey } from '../access/credential.ts'
import { scopes, withImplied } from '../access/scope.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { openTestApi, type TestApi } from './exercise-api.ts'
import { callOperation, populate, randomIdOf, thingOf } from './exercise-calls.ts'
import { operations } from './operations.ts'

const tables = ['sources', 'endpoints', 'events', 'requests', 'deliveries', 'attempts', 'lanes']
const everything = ({ storage }: TestApi, workspaceId: string) =>
  [...tables, 'subscriptions', 'payments', 'users'].map((table) =>
    storage.sql(`SELECT * FROM ${table} WHERE workspace_id = ? ORDER BY 1`, workspaceId),
  )

describe('the operations', () => {
  it('have each a name, a scope and a place of their own', () => {
    expect(new Set(operations.map((each) => each.name)).size).toBe(operations.length)
    expect(new Set(operations.map((each) => `${each.method} ${each.path}`)).size).toBe(operations.length)
    for (const { name, path, scope, summary, method, body, query } of operations) {
      expect(name).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/)
      expect(path).toMatch(/^(\/([a-z-]+|:[a-z]+))+$/)
      expect(scopes).toContain(scope)
      expect(scope.endsWith('.read')).toBe(method === 'GET')
      expect(summary).toMatch(/^[A-Z].*[^.]$/)
      expect(body === undefined || method === 'POST' || method === 'PUT' || method === 'PATCH').toBe(true)
      expect(query === undefined || method === 'GET').toBe(true)
    }
  })

  it('answer each with what they say, on real things', async () => {
    await using api = await openTestApi()
    const caller = api.caller()
    for (const operation of operations) {
      const answer = await callOperation(caller, operation, await populate(api, caller))
      expect([operation.name, answer.status]).toEqual([operation.name, operation.status])
      expect(answer.headers['x-request-id']).toMatch(/^req_/)
    }
  })

  it('know nobody without a key, and say so before they look at anything', async () => {
    await using api = await openTestApi()
    for (const { name, method, path } of operations) {
      for (const key of [undefined, 'osk_short', makeKey()]) {
        const answer = await api.call(method, `/api/v1${path}?limit=nonsense`, key, method === 'GET' ? undefined : '{')
        expect([name, answer.status, answer.json.code]).toEqual([name, 401, 'UNAUTHENTICATED'])
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      }
    }
  })

  it('need each its scope and no other', async () => {
    await using api = await openTestApi()
    const all = api.caller()
    for (const operation of operations) {
      const ids = await populate(api, all)
      const only = api.caller(defaultWorkspaceId, [operation.scope])
      const others = api.caller(
        defaultWorkspaceId,
        scopes.filter((scope) => !withImplied([scope]).includes(operation.scope)),
      )
      const refused = await callOperation(others, operation, ids)
      expect([operation.name, refused.status, refused.json?.code]).toEqual([operation.name, 403, 'SCOPE_MISSING'])
      expect(refused.json.detail).toContain(`"${operation.scope}"`)
      const allowed = await callOperation(only, operation, ids)
      expect([operation.name, allowed.status]).toEqual([operation.name, operation.status])
    }
  })
})

describe('another workspace', () => {
  it('is met with the same 404 as a random id, on every operation, and nothing of it changes', async () => {
    await using api = await openTestApi()
    const [owner, stranger] = [api.caller('ws_owner'), api.caller('ws_stranger')]
    const theirs = await populate(api, owner)
    const before = everything(api, 'ws_owner')
    const ofOne = operations.filter((each) => thingOf(each) !== undefined)
    expect(ofOne.length).toBeGreaterThan(10)
    for (const operation of ofOne) {
      const thing = thingOf(operation) ?? 'source'
      const random = { [thing]: randomIdOf(thing, api.clock.now()) }
      const [foreign, none] = [
        await callOperation(stranger, operation, theirs),
        await callOperation(stranger, operation, random),
      ]
      expect([operation.name, foreign.status, foreign.json.code]).toEqual([operation.name, 404, 'NOT_FOUND'])
      const masked = (text: string) => text.replace(/\b[a-z]+_[0-9a-z]{26}\b/g, 'ID')
      expect(masked(foreign.text)).toBe(masked(none.text))
    }
    expect(everything(api, 'ws_owner')).toEqual(before)
  })

  it('is in no list, whatever is asked for', async () => {
    await using api = await openTestApi()
    const [owner, stranger] = [api.caller('ws_owner'), api.caller('ws_stranger')]
    const theirs = await populate(api, owner)
    const lists = [
      '/sources',
      '/endpoints',
      '/events',
      `/events?source=${theirs.source}`,
      '/deliveries',
      `/deliveries?endpoint=${theirs.endpoint}`,
      `/deliveries?event=${theirs.event}`,
      '/accounts/subscriptions',
      '/accounts/payments',
      `/accounts/payments?subscription=${theirs.subscription}`,
      '/accounts/users',
    ]
    for (const path of lists) {
      expect((await owner.get(path)).json.data.length > 0 || path.includes('source=')).toBe(true)
      const { lookedBackTo = null, ...list } = (await stranger.get(path)).json
      expect([list, lookedBackTo]).toEqual([{ data: [], nextCursor: null, hasMore: false }, null])
    }
  })
})

describe('an id', () => {
  it.each(['x', 'evt_1', "' OR 1=1 --", '%00', '%F0%9F%98%80', '..%2f..', '%', 'a'.repeat(100)])(
    'that is none (%s) is not found, on every operation',
    async (id) => {
      await using api = await openTestApi()
      const caller = api.caller()
      for (const operation of operations.filter((each) => thingOf(each) !== undefined)) {
        const thing = thingOf(operation) ?? 'source'
        const answer = await callOperation(caller, operation, { [thing]: id })
        expect([operation.name, answer.status, answer.json.code]).toEqual([operation.name, 404, 'NOT_FOUND'])
      }
    },
  )
})
