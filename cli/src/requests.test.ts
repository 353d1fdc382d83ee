import type { Request, RequestHead } from '@trunkline/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const key = `osk_${'k'.repeat(48)}`

const head: RequestHead = {
  id: 'req_1',
  sourceId: 'src_1',
  receivedAt: '2026-11-22T06:00:00.000Z',
  method: 'POST',
  url: '/in/abcd***',
  senderAddress: '203.0.113.7',
  verdict: 'quarantined',
  cause: 'SIGNATURE_MISMATCH',
  contentType: 'application/json',
  bodyBytes: 2048,
  isBodyKept: true,
  eventCount: 0,
  repeatOf: null,
}
const whole: Request = {
  ...head,
  verdict: 'verified',
  cause: null,
  detail: null,
  eventCount: 3,
  headers: [
    ['Content-Type', 'application/json'],
    ['X-Odd', 'a\u001b[31mb\u009b'],
  ],
  body: { kind: 'text', text: `one\n\u001b[2Jtwo\n${'x'.repeat(600)}`, isTruncated: false },
  notes: [{ code: 'NO_CONTENT_TYPE', text: 'It has a body and no content type.' }],
  events: [
    {
      ...{ id: 'evt_1', type: 'github.push', subject: 'octo/\u202erepo', customer: null, isFannedOut: true },
      deliveries: { pending: 1, waiting: 0, success: 2, failed: 0 },
    },
    {
      ...{ id: 'evt_2', type: 'github.push', subject: null, customer: null, isFannedOut: true },
      deliveries: { pending: 0, waiting: 0, success: 0, failed: 0 },
    },
  ],
  repeats: { count: 2, firstAt: '2026-11-22T06:05:00.000Z', lastAt: '2026-11-22T06:06:00.000Z', times: [] },
  stages: [
    { stage: 'received', at: '2026-11-22T06:00:00.000Z', afterMs: 0 },
    { stage: 'proven', at: '2026-11-22T06:00:00.001Z', afterMs: 1.234 },
    { stage: 'firstSuccess', at: '2026-11-22T06:00:12.000Z', afterMs: 12_000 },
  ],
  acceptedAt: null,
  erasedAt: null,
  explanation: { meaning: 'It was proven genuine.', nextStep: 'Nothing.' },
  findings: [],
  readMs: 1,
  verifyMs: 0.2,
  parseMs: 0.1,
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function api(answer: (request: Received) => unknown) {
  const server = await openServer((request) => ({ status: 200, body: answer(request) }))
  closing.push(server.close)
  return { ...server, environment: { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: key } }
}

const page = (data: RequestHead[], nextCursor: string | null = null) => ({
  data,
  nextCursor,
  hasMore: nextCursor !== null,
  lookedBackTo: nextCursor && '2026-11-20T06:00:00.000Z',
})

/** What a terminal would take for more than text. */
const control = /[\u0000-\u001f\u007f-\u009f\u202e]/

describe('requests', () => {
  it('prints a table with the verdict and its cause, and how to go on', async () => {
    const { environment, received } = await api(() => page([head], 'next1'))
    const run = runCli(
      ['requests', '--verdict', 'quarantined', '--verdict', 'duplicate', '--text', 'a b', '--source', 'src_1'],
      environment,
    )
    expect(await run.code).toBe(0)
    const { searchParams } = new URL(received[0]?.path ?? '', 'http://x')
    expect([...searchParams].sort()).toEqual([
      ['limit', '20'],
      ['source', 'src_1'],
      ['text', 'a b'],
      ['verdict', 'duplicate'],
      ['verdict', 'quarantined'],
    ])
    expect(run.lines[0]).toMatch(/^RECEIVED +ID +SOURCE +SENDER +VERDICT +CAUSE +SIZE +EVENTS$/)
    expect(run.lines[1]).toMatch(/req_1 +src_1 +203\.0\.113\.7 +quarantined +signature mismatch +2\.0 KiB +0$/)
    expect(run.lines[2]).toMatch(/^Looked back to 2026-11-\d\d .*--cursor next1$/)
  })

  it('takes a cause as the table shows it, and as the API calls it', async () => {
    for (const cause of ['signature mismatch', 'SIGNATURE_MISMATCH']) {
      const { environment, received } = await api(() => page([]))
      await runCli(['requests', '--cause', cause], environment).code
      expect(new URL(received[0]?.path ?? '', 'http://x').searchParams.get('cause')).toBe('SIGNATURE_MISMATCH')
    }
  })

  it('says of one that it was accepted after all, and that it was erased since', async () => {
    const times = { acceptedAt: '2026-11-22T07:00:00.000Z', erasedAt: '2026-11-23T07:00:00.000Z' }
    const { environment } = await api(() => ({ ...whole, ...times, body: null }))
    const run = runCli(['requests', 'show', 'req_1'], environment)
    await run.code
    expect(run.lines).toContainEqual(expect.stringMatching(/^accepted +2026-11-22 .* after it had been refused$/))
    expect(run.lines).toContainEqual(expect.stringMatching(/^removed +2026-11-23 /))
    expect(run.lines.at(-1)).toBe('Its body was removed.')
  })

  it('looks further by itself until something is found or there is nothing more', async () => {
    const pages = [page([], 'a'), page([], 'b'), page([head])]
    const { environment, received } = await api(() => pages.shift())
    const run = runCli(['requests', '--text', 'pear'], environment)
    expect(await run.code).toBe(0)
    expect(received.map(({ path }) => new URL(path, 'http://x').searchParams.get('cursor'))).toEqual([null, 'a', 'b'])
    expect(run.printed()).toContain('req_1')
    const none = await api(() => page([]))
    const empty = runCli(['requests'], none.environment)
    await empty.code
    expect(empty.lines).toEqual(['There are no such requests.'])
    const endless = await api(() => page([], 'on'))
    const tired = runCli(['requests'], endless.environment)
    await tired.code
    expect(endless.received).toHaveLength(25)
    expect(tired.lines).toEqual([expect.stringMatching(/^None found back to .*--cursor on$/)])
  })

  it('shows one with what became of it, and lets nothing through that would do something to a terminal', async () => {
    const { environment, received } = await api(() => whole)
    const run = runCli(['requests', 'show', 'req_1'], environment, true)
    expect(await run.code).toBe(0)
    expect(received[0]?.path).toBe('/api/v1/requests/req_1')
    const text = run.lines.join('\n')
    for (const expected of [
      'verdict       verified',
      'came again    2 times: ',
      'note          It has a body and no content type.',
      'proof judged   1.2 ms',
      'first success  12 s',
      'github.push  evt_1  octo/\ufffdrepo  1 pending, 2 success',
      'github.push  evt_2  -  no endpoint asked for it',
      'and 1 more',
      'X-Odd: a\ufffd[31mb\ufffd',
      '\ufffd[2Jtwo',
      `${'x'.repeat(500)}…`,
      '… --body prints it whole',
    ])
      expect(text).toContain(expected)
    for (const line of run.lines) expect(line).not.toMatch(control)
  })

  it.each<[string, Partial<Request>, string]>([
    ['that was not kept', { body: null }, 'Its body was not kept.'],
    ['that is no text', { body: { kind: 'binary', base64: 'AA==', isTruncated: false } }, 'The body is no text;'],
    ['that was refused', { events: [], eventCount: 0, verdict: 'quarantined', cause: 'STALE' }, 'It made no event.'],
  ])('shows one %s', async (_, over, expected) => {
    const { environment } = await api(() => ({ ...whole, ...over }))
    const run = runCli(['requests', 'show', 'req_1'], environment)
    expect(await run.code).toBe(0)
    expect(run.printed()).toContain(expected)
  })

  it('prints a body byte for byte into a file, and on a screen only what does nothing to it', async () => {
    const { environment } = await api(() => '\u009b31m')
    const piped = runCli(['requests', 'show', 'req_1', '--body'], environment)
    expect(await piped.code).toBe(0)
    expect(Buffer.concat(piped.bytes).toString()).toBe('"\u009b31m"')
    expect(piped.lines).toEqual([])
    const seen = runCli(['requests', 'show', 'req_1', '--body'], environment, true)
    await seen.code
    expect([seen.lines, seen.bytes]).toEqual([['"\ufffd31m"'], []])
  })

  it('prints a request as a command', async () => {
    const { environment, received } = await api(() => 1)
    const run = runCli(['requests', 'show', 'req_1', '--curl'], environment)
    expect(await run.code).toBe(0)
    expect([received[0]?.path, run.lines]).toEqual(['/api/v1/requests/req_1/curl', ['1']])
  })

  it('prints the answer as JSON', async () => {
    const { environment } = await api(({ path }) => (path.includes('req_1') ? whole : page([head])))
    for (const [words, answer] of [
      [['requests'], page([head])],
      [['requests', 'show', 'req_1'], whole],
    ] as const) {
      const run = runCli([...words, '--json'], environment)
      await run.code
      for (const line of run.lines.join('\n').split('\n')) expect(line).not.toMatch(control)
      expect(JSON.parse(run.lines.join('\n'))).toEqual(answer)
    }
  })
})
