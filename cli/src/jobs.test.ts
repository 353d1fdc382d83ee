import type { Job } from '@trunkline/sdk'
import { afterEach, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const job: Job = {
  id: 'job_1',
  customer: null,
  kind: 'reprocess',
  status: 'running',
  args: {},
  count: 2000,
  isAtLeast: false,
  counts: { looked: 500, appended: 7, mended: 0 },
  share: 0.25,
  perSecond: 100,
  speed: 99.5,
  endsAt: '2026-11-22T06:30:00.000Z',
  error: null,
  createdAt: '2026-11-22T06:00:00.000Z',
  updatedAt: '2026-11-22T06:00:05.000Z',
  endedAt: null,
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function api(answer: (request: Received) => { status: number; body: unknown }) {
  const server = await openServer(answer)
  closing.push(server.close)
  return { ...server, environment: { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: `osk_${'k'.repeat(48)}` } }
}

it('lists jobs with how far each has come', async () => {
  const { environment, received } = await api(() => ({
    status: 200,
    body: {
      data: [job, { ...job, id: 'job_0', count: null, share: null, kind: 'x\u001b[2J' }],
      nextCursor: 'n1',
      hasMore: true,
    },
  }))
  const run = runCli(['jobs', '--status', 'running', '--kind', 'reprocess'], environment)
  expect(await run.code).toBe(0)
  expect(received[0]?.path).toBe('/api/v1/jobs?limit=20&kind=reprocess&status=running')
  const [head, first, second, more] = run.lines
  expect(head).toMatch(/^CREATED +ID +KIND +STATUS +LOOKED +OF +DONE$/)
  expect(first).toMatch(/job_1 +reprocess +running +500 +2000 +25 %$/)
  expect(second).toMatch(/job_0 +x\ufffd\[2J +running +500 +- +-$/)
  expect(more).toContain('--cursor n1')
})

it.each([
  ['show', 'GET', '/api/v1/jobs/job_1'],
  ['pause', 'POST', '/api/v1/jobs/job_1/pause'],
  ['resume', 'POST', '/api/v1/jobs/job_1/resume'],
  ['cancel', 'POST', '/api/v1/jobs/job_1/cancel'],
])('%s asks for it and shows the job', async (action, method, path) => {
  const { environment, received } = await api(() => ({ status: 200, body: job }))
  const run = runCli(['jobs', action, 'job_1'], environment)
  expect(await run.code).toBe(0)
  expect(received[0]).toMatchObject({ method, path })
  expect(run.printed()).toContain('looked    500 of 2000 (25 %)')
  expect(run.printed()).toContain('met       appended 7')
})

it('says what it does not understand', async () => {
  expect(await runCli(['jobs', 'stop', 'job_1'], {}).code).toBe(1)
  expect(await runCli(['jobs', 'pause'], {}).code).toBe(1)
  expect(await runCli(['jobs', '--status', 'over'], {}).code).toBe(1)
})
