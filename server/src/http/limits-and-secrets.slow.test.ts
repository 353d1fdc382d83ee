import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPostgres } from '../storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../storage/exercise/open-sqlite.ts'
import { type Caller, openStage, type Stage } from './exercise-ways-in.ts'

const engines = [
  { name: 'SQLite', open: () => openTestSqlite() },
  { name: 'PostgreSQL', open: () => openTestPostgres() },
]

describe.each(engines)('on $name', ({ open }) => {
  let stage: Stage
  let operator: Caller
  beforeAll(async () => {
    stage = await openStage(await open())
    operator = await stage.caller()
  })
  afterAll(() => stage?.close())

  let sent = 0
  const message = () => JSON.stringify({ id: `m${sent++}` })
  async function create(secret: string, body: object) {
    const { json } = await operator('POST', '/sources', { kind: 'messenger', name: 'x', secret, ...body })
    return { id: String(json.id), path: new URL(json.url).pathname }
  }
  const post = async (path: string, secret: string) => (await stage.post(path, message(), secret)).status

  it('a limit that is set over the API holds from the next request on, and is gone when it is taken away', async () => {
    const { id, path } = await create('the limited secret', { rateLimit: { requests: 1, perSeconds: 3600 } })
    expect([await post(path, 'the limited secret'), await post(path, 'the limited secret')]).toEqual([200, 429])
    await operator('PATCH', `/sources/${id}`, { rateLimit: null })
    expect(await post(path, 'the limited secret')).toBe(200)
  })

  it('who is refused at the head of a request keeps the connection, when the request was there whole', async () => {
    const { path } = await create('the refused secret', { rateLimit: { requests: 1, perSeconds: 3600 } })
    const socket = connect(Number(new URL(stage.url).port), '127.0.0.1')
    const answers: string[] = []
    for (const method of ['POST', 'POST', 'DELETE', 'POST']) {
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`)
      const [chunk] = await once(socket, 'data')
      answers.push(String(chunk))
    }
    expect(answers.map((each) => each.slice(9, 12))).toEqual(['401', '429', '405', '429'])
    expect(answers.filter((each) => /connection: close/i.test(each))).toEqual([])
    socket.destroy()
  })

  it('at a path that sources share, a request counts for the one that it is proven to be for', async () => {
    await create('the first secret', { fixedPath: true, rateLimit: { requests: 1, perSeconds: 3600 } })
    await create('the second secret', { fixedPath: true })
    const shared = (secret: string) => post('/webhook/messenger', secret)
    for (let i = 0; i < 3; i++) expect(await shared('nobody’s secret')).toBe(401)
    expect([await shared('the first secret'), await shared('the first secret')]).toEqual([200, 429])
    expect(await shared('the second secret')).toBe(200)
    expect(await shared('nobody’s secret')).toBe(401)
  })

  it('a secret that was rotated verifies until its overlap ends', async () => {
    const { id, path } = await create('the former secret', {})
    const rotate = async (secret: string, overlapHours: number) =>
      (await operator('POST', `/sources/${id}/rotate-secret`, { secret, overlapHours })).status
    expect(await rotate('the current secret', 1)).toBe(200)
    expect([await post(path, 'the former secret'), await post(path, 'the current secret')]).toEqual([200, 200])
    // A second of overlap, so that the end comes while this looks.
    expect(await rotate('the newest secret', 1 / 3600)).toBe(200)
    expect(await post(path, 'the newest secret')).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect([await post(path, 'the former secret'), await post(path, 'the current secret')]).toEqual([401, 401])
    expect(await post(path, 'the newest secret')).toBe(200)
  })
})
