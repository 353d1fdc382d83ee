import { afterEach, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function api(answer: (request: Received) => { status: number; body: unknown }) {
  const server = await openServer(answer)
  closing.push(server.close)
  return { ...server, environment: { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: `osk_${'k'.repeat(48)}` } }
}

const plan = {
  count: 12,
  isAtLeast: true,
  missed: 1,
  sample: [
    {
      ...{ deliveryId: 'dlv_1', endpointId: 'ep_1', eventId: 'evt_1', eventType: 'a.b', customer: null },
      ...{ status: 'failed', cause: 'SERVER_ERROR', attempts: 10, at: '2026-11-22T06:00:00.000Z' },
    },
    {
      ...{ deliveryId: null, endpointId: 'ep_1', eventId: 'evt_2', eventType: 'a.c', customer: null },
      ...{ status: null, cause: null, attempts: 0, at: '2026-11-22T06:00:01.000Z' },
    },
  ],
}

it('shows how many would be sent, and the first of them, and changes nothing', async () => {
  const { environment, received } = await api(() => ({ status: 200, body: plan }))
  const run = runCli(
    ['replay', '--endpoint', 'ep_1', '--missed', '--cause', 'server error', '--status', 'failed', '--from', '5'],
    environment,
  )
  expect(await run.code).toBe(0)
  expect(received[0]).toMatchObject({ method: 'POST', path: '/api/v1/replays/plan' })
  expect(JSON.parse(String(received[0]?.body))).toEqual({
    filter: { endpointId: 'ep_1', include: ['missed'], cause: 'SERVER_ERROR', status: ['failed'], from: '5' },
  })
  const [first, head, failed, missed] = run.lines
  expect(first).toBe('Over 12 would be sent again, 1 of them for the first time.')
  expect(head).toMatch(/^AT +DELIVERY +ENDPOINT +TYPE +STATUS +CAUSE +ATTEMPTS$/)
  expect(failed).toMatch(/dlv_1 +ep_1 +a\.b +failed +server error +10$/)
  expect(missed).toMatch(/- +ep_1 +a\.c +missed +0$/)
})

it('runs it as a job, with a rate', async () => {
  const { environment, received } = await api(() => ({
    status: 202,
    body: { id: 'job_1', count: 12, isAtLeast: false },
  }))
  const run = runCli(['replay', '--type', 'a.*', '--where', '{"data":1}', '--run', '--per-second', '50'], environment)
  expect(await run.code).toBe(0)
  expect(received[0]).toMatchObject({ method: 'POST', path: '/api/v1/replays' })
  expect(JSON.parse(String(received[0]?.body))).toEqual({ filter: { type: 'a.*', where: { data: 1 } }, perSecond: 50 })
  expect(run.lines).toEqual(['job_1 sends 12 again.', 'trunkline jobs show job_1'])
})

it.each([
  [['--where', '{'], '--where must be JSON'],
  [['--missed'], '--missed needs --endpoint'],
  [['--per-second', '5'], '--per-second belongs to --run'],
  [['--status', 'waiting'], '--status must be one of'],
  [['--run', '--per-second', '0'], '--per-second must be a whole number'],
])('does not understand %s', async (words, message) => {
  const run = runCli(['replay', ...words], {})
  expect(await run.code).toBe(1)
  expect(run.complaints.join('\n')).toContain(message)
})
