import type { ParkedEventWithEvent, RerunOutcome } from '@trunkline/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const key = `osk_${'k'.repeat(48)}`
const id = 'evt_1.accounts'

const found: ParkedEventWithEvent = {
  id,
  eventId: 'evt_1',
  follower: 'accounts',
  eventType: 'stripe.invoice.paid',
  subject: 'cus_1',
  state: 'retrying',
  cause: 'HANDLER_TIMED_OUT',
  explanation: 'Reading the event took longer than it may.',
  error: 'reading it took\u001b[2J longer',
  attempts: 2,
  nextAttemptAt: '2026-11-22T06:30:00.000Z',
  afterGap: 7,
  createdAt: '2026-11-22T06:00:00.000Z',
  updatedAt: '2026-11-22T06:00:00.000Z',
  endedAt: null,
  waiting: 3,
  event: null,
}

const outcome: RerunOutcome = {
  id,
  eventId: 'evt_1',
  follower: 'accounts',
  outcome: 'handled',
  cause: null,
  explanation: null,
  error: null,
  changes: [
    { kind: 'delivery', endpointId: 'ep_1' },
    { kind: 'event', type: 'payment.succeeded' },
    { kind: 'user', id: 'user_1', before: null, after: {} },
    { kind: 'payment', id: 'in_1', before: {}, after: {} },
  ],
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function run(words: readonly string[], body: unknown) {
  const received: Received[] = []
  const server = await openServer((request) => {
    received.push(request)
    return { status: 200, body }
  })
  closing.push(server.close)
  const cli = runCli(['parked', ...words], { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: key })
  return { code: await cli.code, lines: cli.lines, complaints: cli.complaints, received }
}

describe('parked', () => {
  it('lists, with the cause in words and how to go on', async () => {
    const words = ['--state', 'retrying', '--follower', 'accounts', '--type', 'stripe.*', '--subject', 'cus_1']
    const { lines, received } = await run(words, { data: [found], nextCursor: 'next1', hasMore: true })
    expect(received[0]?.path).toBe(
      '/api/v1/parked-events?limit=20&follower=accounts&state=retrying&type=stripe.*&subject=cus_1',
    )
    expect(lines[0]).toMatch(/^SINCE +ID +TYPE +STATE +ATTEMPTS +NEXT ATTEMPT +CAUSE$/)
    expect(lines[1]).toMatch(/evt_1\.accounts +stripe\.invoice\.paid +retrying +2 +\d{4}-.* +handler timed out$/)
    expect(lines[2]).toContain('--cursor next1')
    expect((await run(['list'], { data: [], nextCursor: null })).lines).toEqual(['There are no such events.'])
  })

  it('shows one, fit for a terminal', async () => {
    const { lines, received } = await run(['show', id], found)
    expect(received[0]?.path).toBe('/api/v1/parked-events/evt_1.accounts')
    expect(lines).toContain('waiting       3 later events of its subject')
    expect(lines).toContain('left out      an earlier event of its subject, at 7')
    expect(lines.join('')).not.toContain('\u001b')
  })

  it('runs one again, or shows what would change', async () => {
    const dry = await run(['rerun', id, '--dry-run'], outcome)
    expect(dry.received[0]).toMatchObject({ method: 'POST', path: '/api/v1/parked-events/evt_1.accounts/rerun' })
    expect(String(dry.received[0]?.body)).toBe('{"dryRun":true}')
    expect(dry.lines).toEqual([
      'evt_1.accounts  would be handled',
      '  delivery to ep_1',
      '  event payment.succeeded',
      '  user user_1 made',
      '  payment in_1 changed',
    ])
    const failed = { ...outcome, outcome: 'failed', error: 'Error: why', changes: [] }
    expect((await run(['rerun', id], failed)).lines).toEqual(['evt_1.accounts  failed: Error: why'])
    expect((await run(['rerun', id, '--dry-run'], failed)).lines).toEqual(['evt_1.accounts  would fail: Error: why'])
  })

  it('runs all that fit again', async () => {
    const answer = { data: [{ ...outcome, changes: [] }], handled: 1, failed: 0, nextCursor: 'n', hasMore: true }
    const { lines, received } = await run(['rerun', '--all', '--type', 'a.*', '--limit', '5', '--cursor', 'c'], answer)
    expect(JSON.parse(String(received[0]?.body))).toEqual({
      filter: { type: 'a.*' },
      dryRun: false,
      limit: 5,
      cursor: 'c',
    })
    expect(lines).toEqual(['evt_1.accounts  handled', '1 handled, 0 failed', 'There are more: add --cursor n'])
  })

  it('dismisses one', async () => {
    const { lines, received } = await run(['dismiss', id], { ...found, state: 'dismissed' })
    expect(received[0]).toMatchObject({ method: 'POST', path: '/api/v1/parked-events/evt_1.accounts/dismiss' })
    expect(lines).toEqual(['evt_1.accounts  dismissed'])
  })

  it.each([
    ['list', []],
    ['show', [id]],
    ['rerun', [id]],
    ['rerun', ['--all']],
    ['dismiss', [id]],
  ])('prints JSON for scripts (%s %s)', async (deed, words) => {
    const { lines } = await run([deed, ...words, '--json'], outcome)
    expect(JSON.parse(lines.join('\n'))).toEqual(outcome)
  })

  it.each([[['peel']], [['show']], [['rerun']], [['rerun', id, '--all']], [['list', id]], [['--state', 'lost']]])(
    'does not understand %j',
    async (words) => {
      const { code, received, complaints } = await run(words, {})
      expect([code, received.length]).toEqual([1, 0])
      expect(complaints[0]).toContain('trunkline parked: ')
    },
  )
})
