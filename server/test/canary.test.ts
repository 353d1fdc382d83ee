import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeKey } from '../src/access/credential.ts'
import { createApi } from './api.ts'
import { engines, type Place } from './engines.ts'
import { eventually } from './eventually.ts'
import { loosenTongue, makePerson, misspeak, tellOf } from './people.ts'
import { head, openRaw } from './raw-connection.ts'
import { inTurn, openReceiver, status } from './receiver.ts'
import { startServer } from './server-process.ts'
import { createEndpoint, createPlace, createSource, type TestSource } from './trunkline.ts'

/** Something secret or personal that must not turn up where it does not belong. */
interface Canary {
  name: string
  bytes: Buffer
}

const canary = (name: string, secret: string): Canary => ({ name, bytes: Buffer.from(secret) })

/** The bytes that a `whsec_` secret stands for. */
const insideOf = (name: string, secret: string): Canary => ({
  name: `the bytes of ${name}`,
  bytes: Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
})

/** Every way in which bytes could have been written down: as they are, and encoded, wherever in a longer text they begin. */
function formsOf(bytes: Buffer): Buffer[] {
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // What depends on the neighbours is left out: the first and the last characters.
    const sure = text.slice(before === 0 ? 0 : 4, -4)
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = bytes.toString('hex')
  const texts = [...base64, hex, hex.toUpperCase(), encodeURIComponent(bytes.toString('latin1'))]
  return [bytes, Buffer.from(bytes).reverse(), ...texts.map((each) => Buffer.from(each))]
}

/** Which of them are in there. */
function found(canaries: readonly Canary[], haystack: Buffer): string[] {
  return canaries.filter(({ bytes }) => formsOf(bytes).some((form) => haystack.includes(form))).map(({ name }) => name)
}

it.each(['plain', 'twice encoded', 'in base64', 'in hex'])('the search finds a canary that is %s', (how) => {
  const secret = canary('secret', 'a canary, planted')
  const written: Record<string, string> = {
    plain: 'x a canary, planted y',
    'twice encoded': `x${encodeURIComponent('a canary, planted')}y`,
    'in base64': Buffer.from('some bytes before a canary, planted and after').toString('base64'),
    'in hex': Buffer.from('some bytes before a canary, planted and after').toString('hex'),
  }
  expect(found([secret], Buffer.from(written[how] ?? ''))).toEqual(['secret'])
  expect(found([secret], Buffer.from('nothing of the kind'))).toEqual([])
})

describe.each(engines)('a server on $name that tells as much as it may', (engine) => {
  it.each(['json', 'text'])(
    'writes nothing secret or personal into its log (%s) and no secret into its data',
    async (format) => {
      const place = await createPlace(engine)
      const secretKey = randomBytes(32)
      const key = makeKey()
      const password = randomUUID()
      const monitor = await openReceiver(status(200))
      const server = await startServer({
        ...place.environment,
        NODE_OPTIONS: `--import=${new URL('loose-tongue.mjs', import.meta.url).href}`,
        TRUNKLINE_OTLP_URL: monitor.url,
        TRUNKLINE_SENTRY_DSN: `${monitor.url.replace('http://', 'http://publickey@')}42`,
        TRUNKLINE_API_KEY: key,
        TRUNKLINE_SECRET_KEY: secretKey.toString('base64'),
        TRUNKLINE_LOG_LEVEL: 'debug',
        TRUNKLINE_LOG_FORMAT: format,
      })
      const api = createApi(server, key)
      const sources = [
        await createSource({ server, api }, 'github', { secret: `github-${randomUUID()}` }),
        await createSource({ server, api }, 'stripe'),
        await createSource({ server, api }, 'standard-webhooks'),
      ]
      const path = `path-${randomUUID()}`
      const reply = `reply-${randomUUID()}`
      const receiver = await openReceiver(
        inTurn(status(500, { 'x-reply': reply }, reply), status(200, {}, reply), status(410, {}, reply)),
      )
      const endpoint = await createEndpoint({ api }, { url: `${receiver.url}${path}?token=${path}` })

      const words = {
        body: `body-${randomUUID()}`,
        token: `token-${randomUUID()}`,
        parameter: `parameter-${randomUUID()}`,
      }
      for (const source of sources) await misuse(source, words)
      await api.post('/endpoints', { url: `https://somebody:${password}@example.com/${path}` })
      await api.send('POST', `/endpoints?${password}`, `{"url":"${words.body}`, { 'content-type': 'application/json' })
      await api.post('/events', { type: 'a.b', data: words.body })
      await createApi(server, `${key.slice(0, -1)}_`).get('/events')
      await createApi(server, makeKey()).get('/events')
      await receiver.has(3)
      await api.patch(`/sources/${sources[0]?.id}`, { secret: `rotated-${words.token}` })
      await createEndpoint({ api }, await openReceiver(), { eventTypes: ['canary.*'] })
      const person = makePerson()
      await loosenTongue(place, person)
      const answers = [...(await tellOf(person, { server, api })), ...(await misspeak(person, api))]
      await eventually('an event that could not be handled', () => server.output().includes('event.failed'))
      const { code, output } = await server.end('SIGTERM')
      expect(code).toBe(0)

      const secrets = [
        canary('the API key', key),
        canary('the secret key', secretKey.toString('base64')),
        { name: 'the bytes of the secret key', bytes: secretKey },
        canary('the endpoint’s secret', endpoint.secret),
        insideOf('the endpoint’s secret', endpoint.secret),
        ...sources.map(({ sender, secret }) => canary(`the secret of ${sender.kind}`, secret)),
        insideOf('the secret of Standard Webhooks', sources[2]?.secret ?? ''),
        canary('a token in a header, a cookie or a query', words.token),
        canary('the password in a URL', password),
      ]
      const personal = [
        canary('a body', words.body),
        canary('a parameter', words.parameter),
        canary('an answer', reply),
        canary('the path of an endpoint', path),
        ...sources.map(({ sender, url }) =>
          canary(`the URL of ${sender.kind}`, new URL(url).pathname.slice('/in/'.length)),
        ),
      ]
      const log = Buffer.from(output)
      expect(log.length).toBeGreaterThan(2_000)
      expect(output).toMatch(format === 'json' ? /"level":"debug"/ : / debug /)
      const people = person.parts.map((part) => canary(part, part))
      expect(found([...secrets, ...personal], log)).toEqual([])
      expect(output.split('\n').filter((line) => found(people, Buffer.from(line)).length > 0)).toEqual([])
      const reports = monitor.arrivals.map(({ body }) => body)
      expect(Buffer.concat(reports).toString()).toMatch(
        /parser\.failed[\s\S]*api\.failed|api\.failed[\s\S]*parser\.failed/,
      )
      expect(found([...secrets, ...personal, ...people], Buffer.concat(reports))).toEqual([])
      expect(answers.length).toBeGreaterThan(80)
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([400, 401, 404, 413, 422, 500]))
      expect(answers.map(({ text }) => text).filter((text) => found(people, Buffer.from(text)).length > 0)).toEqual([])
      for (const [name, content] of await contentsOf(place)) expect(found(secrets, content), name).toEqual([])
    },
    120_000,
  )

  /** Posts well and badly, with secrets where senders put them. */
  async function misuse(
    source: TestSource,
    { body, token, parameter }: Record<'body' | 'token' | 'parameter', string>,
  ): Promise<void> {
    const json = JSON.stringify({ body })
    const headers = { authorization: `Bearer ${token}`, cookie: `session=${token}`, 'x-api-key': token }
    await source.post(json, { headers })
    await source.post(`${json} no JSON`, { headers })
    await source.post(json, { headers: { ...headers, ...source.sign('another body') } })
    await fetch(`${source.url}?token=${token}&key=${token}`, { method: 'POST', headers: source.sign(json), body: json })
    await fetch(`${source.url}x?q=${parameter}`, { method: 'POST', headers, body: json })
    await fetch(source.url, { method: 'PUT', headers, body: json })
    const aborted = await openRaw(source.url)
    await aborted.write(head('POST', source.url, { ...headers, 'content-length': 10_000 }) + json)
    aborted.socket.destroy()
  }
})

/** Everything that the server keeps, each part with its name. */
async function contentsOf(place: Place): Promise<[name: string, content: Buffer][]> {
  const files = readdirSync(place.dataFolder).map((name): [string, Buffer] => [
    name,
    readFileSync(join(place.dataFolder, name)),
  ])
  if (place.engine === 'SQLite') {
    expect(files.map(([name]) => name)).toContain('trunkline.db')
    return files
  }
  const tables = await place.rows(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  )
  expect(tables.length).toBeGreaterThan(10)
  for (const { name } of tables) {
    const rows = await place.rows(`SELECT t::text AS row FROM "${name}" t`)
    files.push([String(name), Buffer.from(rows.map(({ row }) => row).join('\n'))])
  }
  return files
}
