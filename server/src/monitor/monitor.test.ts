import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import { fakeClock, systemClock } from '../base/clock.ts'
import { type Log, silentLog } from '../base/log.ts'
import { readDsn } from '../base/monitor-target.ts'
import { createEgress } from '../egress/request.ts'
import type { Destination } from './destination.ts'
import { createMonitor } from './monitor.ts'
import { otlp } from './otlp.ts'
import { sentry } from './sentry.ts'

interface Posted {
  url: string
  headers: IncomingHttpHeaders
  body: string
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A monitor of the tests: keeps what it is posted, and answers as it is told, or not at all. */
async function receiver(answer: (n: number) => number | undefined = () => 200) {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      posted.push({ url: request.url ?? '', headers: request.headers, body })
      const status = answer(posted.length)
      if (status !== undefined) response.writeHead(status).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { posted, origin }
}

const origin = { release: '1.2.3', environment: 'staging' }

function start(...destinations: Destination[]) {
  const clock = fakeClock(1_790_000_000_123)
  const policy = { allowPrivate: ['0.0.0.0/0'], allowHttp: true }
  const monitor = createMonitor({ destinations, clock, egress: createEgress({ policy, clock: systemClock }) })
  closing.push(() => monitor.close(100))
  const counted = { sent: 0, dropped: 0 }
  monitor.measure({
    add(_, amount, labels) {
      counted[labels?.outcome as 'sent' | 'dropped'] += amount
    },
    set() {},
  })
  return { monitor, clock, counted, journal: monitor.watch(silentLog) }
}

/** An error as it is thrown at one place. */
function faultOf(message: string): Error {
  return new RangeError(message, { cause: new Error('inner') })
}

describe('what Sentry is sent', () => {
  it('is an envelope of one event, with the cause, the stack, release and environment', async () => {
    const { posted, origin: at } = await receiver()
    const target = readDsn(at.replace('http://', 'http://publickey@').concat('/base/42'))
    const { journal } = start(sentry(target ?? { url: '', key: '' }, origin))
    journal.error('parser.failed', { source: 'src_1', kind: 'github', error: faultOf('from +49 170 1234567') })
    const { url, headers, body } = await eventually('an envelope', () => posted[0])
    expect(url).toBe('/base/api/42/envelope/')
    expect(headers).toMatchObject({
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth': 'Sentry sentry_version=7, sentry_client=trunkline/1.2.3, sentry_key=publickey',
    })
    const [head = '', item = '', event = '', rest] = body.split('\n')
    const { event_id, sent_at } = JSON.parse(head)
    expect(event_id).toMatch(/^[0-9a-f]{32}$/)
    expect(sent_at).toBe(new Date(1_790_000_000_123).toISOString())
    expect(JSON.parse(item)).toEqual({
      type: 'event',
      content_type: 'application/json',
      length: Buffer.byteLength(event),
    })
    expect(rest).toBe('')
    const read = JSON.parse(event)
    expect(read).toMatchObject({
      event_id,
      timestamp: 1_790_000_000.123,
      platform: 'node',
      level: 'error',
      release: 'trunkline@1.2.3',
      environment: 'staging',
      tags: { event: 'parser.failed', source: 'src_1', kind: 'github' },
      extra: { count: 1 },
      exception: {
        values: [
          { type: 'Error', value: 'inner' },
          { type: 'RangeError', value: 'from …4567' },
        ],
      },
    })
    const frame = read.exception.values[1].stacktrace.frames.at(-1)
    expect(frame).toMatchObject({ function: 'faultOf', lineno: expect.any(Number), in_app: true })
    expect(frame.filename).toMatch(/monitor\.test\.ts$/)
  })
})

describe('what an OTLP collector is sent', () => {
  it('is a log record with the error and the facts as attributes', async () => {
    const { posted, origin: at } = await receiver()
    const { journal } = start(otlp({ url: `${at}/v1/logs`, headers: { authorization: 'Bearer key' } }, origin))
    journal.error('api.failed', {
      request: 'req_1',
      isHeld: true,
      share: 0.5,
      error: faultOf('"marta@orchard.example"'),
    })
    const { url, headers, body } = await eventually('a record', () => posted[0])
    expect([url, headers['content-type']]).toEqual(['/v1/logs', 'application/json'])
    expect(headers.authorization).toBe('Bearer key')
    expect(body).not.toContain('Bearer')
    const [{ resource, scopeLogs }] = JSON.parse(body).resourceLogs
    expect(resource.attributes).toContainEqual({ key: 'service.version', value: { stringValue: '1.2.3' } })
    expect(resource.attributes).toContainEqual({
      key: 'deployment.environment.name',
      value: { stringValue: 'staging' },
    })
    const [record] = scopeLogs[0].logRecords
    expect(record).toMatchObject({
      timeUnixNano: '1790000000123000000',
      severityNumber: 17,
      severityText: 'ERROR',
      body: { stringValue: 'api.failed' },
    })
    const attributes = Object.fromEntries(
      record.attributes.map((each: { key: string; value: object }) => [each.key, each.value]),
    )
    expect(attributes).toMatchObject({
      'exception.type': { stringValue: 'RangeError' },
      'exception.message': { stringValue: '…' },
      'trunkline.request': { stringValue: 'req_1' },
      'trunkline.isHeld': { boolValue: true },
      'trunkline.share': { doubleValue: 0.5 },
      'trunkline.count': { intValue: '1' },
    })
  })
})

/** What the collector was told, and how many of it. */
const told = ({ body }: Posted): [string, number] => {
  const [record] = JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords
  const count = record.attributes.find(({ key }: { key: string }) => key === 'trunkline.count')
  return [record.body.stringValue, Number(count.value.intValue)]
}

describe('the monitor', () => {
  const fail = (journal: Log, n: number) => journal.error('claim.failed', { error: faultOf(`delivery ${n} failed`) })

  it('hears of the same place and message once a minute, and then how often', async () => {
    const { posted, origin: at } = await receiver()
    const { journal, clock, monitor } = start(otlp({ url: `${at}/v1/logs`, headers: {} }, origin))
    for (let n = 0; n < 50; n++) fail(journal, n)
    journal.error('share.failed', { error: faultOf('another') })
    await eventually('two reports', () => posted.length === 2)
    clock.advance(59_000)
    monitor.tick()
    expect(posted).toHaveLength(2)
    clock.advance(1000)
    monitor.tick()
    await eventually('a third one', () => posted.length === 3)
    expect(posted.map(told)).toEqual([
      ['claim.failed', 1],
      ['share.failed', 1],
      ['claim.failed', 49],
    ])
    // Quiet for a minute, it is told at once again.
    clock.advance(60_000)
    monitor.tick()
    fail(journal, 1)
    await eventually('a fourth one', () => posted.length === 4)
  })

  it('hears of events that a follower failed on, with subjects masked, and of no other warning', async () => {
    const { posted, origin: at } = await receiver()
    const { journal } = start(otlp({ url: `${at}/v1/logs`, headers: {} }, origin))
    journal.info('accepted', { request: 'req_1' })
    journal.warn('refused', { request: 'req_1' })
    const facts = {
      follower: 'accounts',
      source: 'src_1',
      type: 'clerk.user.created',
      subject: '491701234567',
      attempt: 2,
    }
    journal.warn('event.failed', { ...facts, eventId: 'evt_1' })
    journal.error('event.parked', { ...facts, eventId: 'evt_1' })
    await eventually('two reports', () => posted.length === 2)
    expect(posted.map(told)).toEqual([
      ['event.failed', 1],
      ['event.parked', 1],
    ])
    for (const { body } of posted) {
      expect(body).toContain('"trunkline.subject","value":{"stringValue":"…4567"}')
      expect(body).toContain('clerk.user.created')
      expect(body).not.toContain('491701')
    }
  })

  it('drops what is too much, and counts it', async () => {
    const { posted, origin: at } = await receiver()
    const { journal, counted } = start(otlp({ url: `${at}/v1/logs`, headers: {} }, origin))
    for (let n = 0; n < 200; n++) journal.error(`fault.of.${'x'.repeat(n)}`)
    await eventually('what fits into a minute', () => posted.length === 60)
    await eventually('the count', () => counted.sent === 60)
    expect(counted.dropped).toBe(140)
  })

  it('drops quietly what a monitor does not take, one that is away, and one that asks for quiet', async () => {
    const { posted, origin: at } = await receiver((n) => (n === 1 ? 500 : 429))
    const { journal, counted } = start(
      otlp({ url: `${at}/v1/logs`, headers: {} }, origin),
      otlp({ url: 'http://127.0.0.1:1/v1/logs', headers: {} }, origin),
    )
    journal.error('first')
    journal.error('second')
    await eventually('four dropped', () => counted.dropped === 4)
    expect(posted).toHaveLength(2)
    expect(counted.sent).toBe(0)
  })

  it('is told what was held back when the server stops', async () => {
    const { posted, origin: at } = await receiver()
    const { journal, monitor } = start(otlp({ url: `${at}/v1/logs`, headers: {} }, origin))
    for (let n = 0; n < 3; n++) fail(journal, n)
    await monitor.close()
    expect(posted.map(told)).toEqual([
      ['claim.failed', 1],
      ['claim.failed', 2],
    ])
    fail(journal, 9)
    expect(posted).toHaveLength(2)
  })

  it('that hangs keeps nobody, neither while the server runs nor when it stops', async () => {
    const { posted, origin: at } = await receiver(() => undefined)
    const { journal, monitor, counted } = start(otlp({ url: `${at}/v1/logs`, headers: {} }, origin))
    for (let n = 0; n < 20; n++) journal.error(`fault.${'x'.repeat(n)}`)
    await eventually('one report', () => posted.length === 1)
    const begin = performance.now()
    await monitor.close(200)
    expect(performance.now() - begin).toBeLessThan(4000)
    expect([posted.length, counted.sent]).toEqual([1, 0])
  })
})
