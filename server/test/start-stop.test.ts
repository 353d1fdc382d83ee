import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeKey } from '../src/access/credential.ts'
import { createApi } from './api.ts'
import { engines, type Place, postgres, sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { head, openRaw } from './raw-connection.ts'
import { hang, openReceiver, status } from './receiver.ts'
import { runServer, startServer } from './server-process.ts'
import { createEndpoint, createPlace, createSource, newEvent, startTrunkline } from './trunkline.ts'

describe.each(engines)('a server on $name', (engine) => {
  it('finishes what is under way when it is told to stop, takes nothing new, and ends well', async () => {
    const trunkline = await startTrunkline(engine)
    const { server, place, api } = trunkline
    const receiver = await openReceiver((arrival, response) => {
      setTimeout(() => status(200, {}, 'late, but there')(arrival, response), 2_000)
    })
    const source = await createSource(trunkline, 'github')
    await createEndpoint(trunkline, receiver)
    await source.post('{"n":1}')
    await receiver.has(1)
    const body = '{"n":2}'
    const slow = await openRaw(server.url)
    await slow.write(head('POST', source.url, { ...source.sign(body), 'content-length': body.length }))
    await eventually('the slow request to be read', async () => (await api.get('/events?limit=1')).status === 200)

    const begin = performance.now()
    const ending = server.end('SIGTERM')
    await eventually('a closed door', () =>
      openRaw(server.url).then(
        ({ socket }) => void socket.destroy(),
        (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
      ),
    )
    await slow.write(body)
    expect((await slow.answer()).status).toBe(200)
    const { code, output } = await ending
    expect(code, output).toBe(0)
    expect(performance.now() - begin).toBeLessThan(9_500)
    expect(output).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/)
    expect(receiver.arrivals).toHaveLength(1)
    const deliveries = await place.rows(
      'SELECT d.status, a.status AS answered, a.response_body FROM deliveries d JOIN attempts a ON a.delivery_id = d.id',
    )
    expect(deliveries).toMatchObject([{ status: 2, answered: 200, response_body: 'late, but there' }])
    expect(await place.rows('SELECT id FROM processes')).toEqual([])
    expect(await place.rows('SELECT owner FROM lanes WHERE owner IS NOT NULL')).toEqual([])

    // What came in on the way out is delivered after the next start.
    const next = await server.again()
    expect((await receiver.has(2))[1]?.body.toString()).toContain(body)
    await next.end('SIGKILL')
  })

  // A matter of connections, whatever the database: one engine is enough.
  const once = engine === sqlite ? it : () => {}
  once('does not wait for ever for those who are slow', async () => {
    const trunkline = await startTrunkline(engine)
    const { server, api } = trunkline
    const receiver = await openReceiver(hang)
    const type = newEvent()
    await createEndpoint(trunkline, receiver, { eventTypes: [type], timeoutSeconds: 4 })
    await api.post('/events', { type, data: 1 })
    await receiver.has(1)
    const idle = await openRaw(server.url)
    const stuck = await openRaw(server.url)
    await stuck.write('POST /in/x HTTP/1.1\r\nx-never: ')
    const begin = performance.now()
    const { code, output } = await server.end('SIGTERM')
    expect(code, output).toBe(0)
    expect(performance.now() - begin).toBeLessThan(20_000)
    expect(await trunkline.place.rows('SELECT cause FROM attempts')).toMatchObject([{ cause: 'RESPONSE_TIMEOUT' }])
    await Promise.all([idle.closed, stuck.closed])
  })

  it('keeps the key of the environment in force, and no other one of it', async () => {
    const [first, second] = [makeKey(), makeKey()]
    const place = await createPlace(engine)
    const works = async (server: { url: string }, key: string) => (await createApi(server, key).get('/events')).status
    let server = await startServer({ ...place.environment, TRUNKLINE_API_KEY: first })
    expect(await works(server, first)).toBe(200)
    await server.end('SIGTERM')
    server = await server.again({ TRUNKLINE_API_KEY: second })
    expect([await works(server, first), await works(server, second)]).toEqual([401, 200])
    await server.end('SIGTERM')
    server = await server.again({ TRUNKLINE_API_KEY: first })
    expect([await works(server, first), await works(server, second)]).toEqual([200, 401])
    await server.end('SIGTERM')
    server = await server.again({ TRUNKLINE_API_KEY: undefined })
    expect([await works(server, first), await works(server, second)]).toEqual([401, 401])
    expect(await works(server, firstKeyOf(place))).toBe(200)
    await server.end('SIGKILL')
  })

  it('makes one key on its first run, in a file that only its user reads, and prints the path alone', async () => {
    const place = await createPlace(engine)
    const server = await startServer(place.environment)
    const key = firstKeyOf(place)
    expect(key).toMatch(/^osk_[0-9A-Za-z]{48}$/)
    expect(statSync(join(place.dataFolder, 'first-key')).mode & 0o777).toBe(0o600)
    expect(server.output()).toContain(`The first API key is in ${join(place.dataFolder, 'first-key')}`)
    expect(server.output()).not.toContain(key)
    expect((await createApi(server, key).get('/sources')).status).toBe(200)
    await server.end('SIGTERM')
    const next = await server.again()
    expect(next.output()).not.toContain('The first API key')
    expect((await createApi(next, key).get('/sources')).status).toBe(200)
    await next.end('SIGKILL')
  })
})

it('a second server on the same data folder is refused, until the first is gone, however it went', async () => {
  const { server, place, api } = await startTrunkline(sqlite)
  const second = await runServer({ ...place.environment })
  expect(second.code).toBe(1)
  expect(second.output).toMatch(/^Another Trunkline server is using this data folder \(.*trunkline\.lock is locked\)/)
  expect(second.output).not.toMatch(/\n\s+at /)
  expect((await api.get('/events')).status).toBe(200)
  await server.end('SIGKILL')
  const third = await server.again()
  expect((await third.ready()).status).toBe(200)
})

it('two servers that start at once on one PostgreSQL make one key', async () => {
  const [one, two] = [await createPlace(postgres), await createPlace(postgres)]
  const shared = { ...one.environment, TRUNKLINE_DATA: two.dataFolder }
  const servers = await Promise.all([startServer(one.environment), startServer(shared)])
  const files = [one, two].filter(({ dataFolder }) => existsSync(join(dataFolder, 'first-key')))
  expect(files).toHaveLength(1)
  expect(servers.filter((server) => server.output().includes('The first API key is in'))).toHaveLength(1)
  expect(await one.rows('SELECT id FROM credentials')).toHaveLength(1)
  const [{ dataFolder } = { dataFolder: '' }] = files
  const key = readFileSync(join(dataFolder, 'first-key'), 'utf8').trim()
  for (const server of servers) expect((await createApi(server, key).get('/sources')).status).toBe(200)
  for (const server of servers) expect((await server.end('SIGTERM')).code).toBe(0)
})

it('a port that is taken is named', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const place = await createPlace(sqlite)
  const { code, output } = await runServer({ ...place.environment, PORT: String(port) })
  expect(code).toBe(1)
  expect(output).toContain(`PORT ${port} on 127.0.0.1 cannot be opened: another program listens there.`)
  expect(output).not.toMatch(/\n\s+at /)
  await new Promise((resolve) => other.close(resolve))
})

it('a first key that a failed start made is not in force, whatever failed', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  for (const engine of engines) {
    const place = await createPlace(engine)
    expect((await runServer({ ...place.environment, PORT: String(port) })).code).toBe(1)
    expect(await place.rows('SELECT id FROM credentials')).toEqual([])
    // What it had begun was given back.
    expect(await place.rows('SELECT id FROM processes')).toEqual([])
  }
  await new Promise((resolve) => other.close(resolve))
})

it('with PostgreSQL it needs no folder that is there, nor one that others cannot look into', async () => {
  const place = await createPlace(postgres)
  const folder = join(place.dataFolder, 'not', 'there')
  const server = await startServer({ ...place.environment, TRUNKLINE_DATA: folder })
  const key = readFileSync(join(folder, 'first-key'), 'utf8').trim()
  expect((await createApi(server, key).get('/sources')).status).toBe(200)
  await server.end('SIGKILL')

  const open = await createPlace(sqlite)
  chmodSync(open.dataFolder, 0o755)
  const other = await startServer(open.environment)
  for (const file of ['trunkline.db', 'trunkline.db-wal', 'secret-key', 'first-key'])
    expect([file, statSync(join(open.dataFolder, file)).mode & 0o077]).toEqual([file, 0])
  await other.end('SIGKILL')
})

function firstKeyOf({ dataFolder }: Place): string {
  return readFileSync(join(dataFolder, 'first-key'), 'utf8').trim()
}
