import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engines, postgres, sqlite } from './engines.ts'
import { runServer, startServer } from './server-process.ts'
import { createPlace, createSource, startTrunkline } from './trunkline.ts'

const newKey = () => randomBytes(32).toString('base64')

it('every wrong setting is named at once, with what is allowed, and no secret is repeated', async () => {
  const place = await createPlace(sqlite)
  const wrong: Record<string, [value: string, allowed: string]> = {
    PORT: ['99999', 'a whole number from 0 to 65535'],
    TRUNKLINE_ADMIN_PORT: ['many', 'a whole number from 0 to 65535'],
    DATABASE_URL: ['mysql://root:hunter2@localhost/x', 'postgres://user:password@host:port/database'],
    TRUNKLINE_SECRET_KEY: ['hunter2hunter2', '32 bytes in base64'],
    TRUNKLINE_SECRET_KEY_PREVIOUS: ['hunter2 hunter2', '32 bytes in base64'],
    TRUNKLINE_API_KEY: ['osk_hunter2', '"osk_" and 48 letters or digits'],
    TRUNKLINE_ALLOW_PRIVATE: ['10.0.0.0/8, 127.0.0.1/99', '127.0.0.1/99'],
    TRUNKLINE_ALLOW_HTTP: ['perhaps', 'true or false'],
    TRUNKLINE_PUBLIC_URL: ['ftp://example.com', 'an http or https URL'],
    TRUNKLINE_TRUST_PROXY: ['everybody', 'everybody'],
    TRUNKLINE_DELIVERY_CONCURRENCY: ['0', 'a whole number from 1 to 10000'],
    TRUNKLINE_DELIVERY_RATE: ['-5', 'a whole number from 1 to'],
    TRUNKLINE_LEASE_SECONDS: ['1', 'a whole number from 3 to 600'],
    TRUNKLINE_LOG_LEVEL: ['loud', 'one of info, debug, warn, error, silent'],
    TRUNKLINE_LOG_FORMAT: ['xml', 'one of json, text'],
  }
  const values = Object.fromEntries(Object.entries(wrong).map(([name, [value]]) => [name, value]))
  const { code, output } = await runServer({ ...place.environment, ...values })
  expect(code).toBe(1)
  const lines = output.split('\n')
  for (const [name, [, allowed]] of Object.entries(wrong)) {
    const named = lines.filter((line) => line.startsWith(`  - ${name}: `)).join('\n')
    expect(named, name).toContain(allowed)
  }
  expect(output).not.toContain('hunter2')
  expect(output).not.toMatch(/\n\s+at /)
})

describe.each(engines)('the secret key of a server on $name', (engine) => {
  it('that is another one is refused, and the former one opens what it sealed', async () => {
    const [former, current] = [newKey(), newKey()]
    const trunkline = await startTrunkline(engine, { TRUNKLINE_SECRET_KEY: former })
    const source = await createSource(trunkline, 'github')
    await trunkline.server.end('SIGTERM')
    const wrong = await runServer({ ...trunkline.place.environment, TRUNKLINE_SECRET_KEY: current })
    expect(wrong.code).toBe(1)
    expect(wrong.output).toContain('TRUNKLINE_SECRET_KEY is not the key that this database was written with')
    expect(wrong.output).not.toContain(current)
    const changed = await trunkline.server.again({
      TRUNKLINE_SECRET_KEY: current,
      TRUNKLINE_SECRET_KEY_PREVIOUS: former,
    })
    expect((await source.post('{}')).status).toBe(200)
    await changed.end('SIGKILL')
  })
})

it('on SQLite the secret key is made once, in a file that only its user reads', async () => {
  const place = await createPlace(sqlite)
  const file = join(place.dataFolder, 'secret-key')
  const server = await startServer(place.environment)
  const key = readFileSync(file, 'utf8').trim()
  expect(Buffer.from(key, 'base64')).toHaveLength(32)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(server.output()).toContain(file)
  expect(server.output()).not.toContain(key)
  await server.end('SIGTERM')

  const same = await server.again({ TRUNKLINE_SECRET_KEY: key })
  expect(same.output()).not.toContain(file)
  await same.end('SIGTERM')
  const other = await runServer({ ...place.environment, TRUNKLINE_SECRET_KEY: newKey() })
  expect(other.code).toBe(1)
  expect(other.output).toContain(`TRUNKLINE_SECRET_KEY differs from the key in ${file}`)
  expect(other.output).not.toContain(key)

  renameSync(file, `${file}.away`)
  const lost = await runServer(place.environment)
  expect(lost.code).toBe(1)
  expect(lost.output).toContain('is not the key that this database was written with')
  rmSync(file)
  renameSync(`${file}.away`, file)
  await (await server.again()).end('SIGKILL')
})

it('PostgreSQL without a secret key is refused, because every process must have the same', async () => {
  const place = await createPlace(postgres)
  const { code, output } = await runServer({ ...place.environment, TRUNKLINE_SECRET_KEY: undefined })
  expect(code).toBe(1)
  expect(output).toContain('TRUNKLINE_SECRET_KEY: is needed with DATABASE_URL')
})

it('a PostgreSQL that may forget what it has committed is refused', async () => {
  const place = await createPlace(postgres)
  const name = new URL(place.environment.DATABASE_URL ?? '').pathname.slice(1)
  await place.rows(`ALTER DATABASE ${name} SET synchronous_commit = off`)
  const { code, output } = await runServer(place.environment)
  expect(code).toBe(1)
  expect(output).toContain('synchronous_commit')
  expect(output).not.toMatch(/\n\s+at /)
})

it('a PostgreSQL that is not there is named, without its password', async () => {
  const place = await createPlace(sqlite)
  const { code, output } = await runServer({
    ...place.environment,
    DATABASE_URL: 'postgres://somebody:hunter2@127.0.0.1:1/nowhere',
    TRUNKLINE_SECRET_KEY: newKey(),
  })
  expect(code).toBe(1)
  expect(output).toContain('127.0.0.1:1')
  expect(output).not.toContain('hunter2')
  expect(output).not.toMatch(/\n\s+at /)
})
