import type { Key } from '@trunkline/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const made: Key = {
  id: 'cred_1',
  name: 'portal\u001b[2J',
  preview: 'osk_3fT9bQ1z',
  scopes: ['webhooks.manage', 'events.read'],
  customer: 'acme',
  origin: 'api',
  createdAt: '2026-11-22T06:00:00.000Z',
  expiresAt: '2026-11-23T06:00:00.000Z',
  revokedAt: null,
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function run(words: readonly string[], body: unknown, status = 200) {
  const received: Received[] = []
  const server = await openServer((request) => {
    received.push(request)
    return { status, body }
  })
  closing.push(server.close)
  const environment = { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: `osk_${'k'.repeat(48)}` }
  const started = runCli(['keys', ...words], environment)
  return { code: await started.code, started, received }
}

describe('keys', () => {
  it('lists them, each with whose it is and until when', async () => {
    const page = { data: [made, { ...made, customer: null, expiresAt: null }], nextCursor: 'n1', hasMore: true }
    const { code, started, received } = await run(['--customer', 'acme'], page)
    expect([code, received[0]?.path]).toEqual([0, '/api/v1/keys?limit=20&customer=acme'])
    const [head, first, second, more] = started.lines
    expect(head).toMatch(/^CREATED +ID +KEY +NAME +CUSTOMER +EXPIRES +REVOKED +SCOPES$/)
    expect(first).toMatch(
      /cred_1 +osk_3fT9bQ1z… +portal\ufffd\[2J +acme +2026-11-2\d .+ - +webhooks\.manage events\.read$/,
    )
    expect(second).toMatch(/ - +never +- /)
    expect(more).toContain('--cursor n1')
  })

  it('makes one, and prints the key alone', async () => {
    const words = ['make', 'portal', '--scope', 'webhooks.manage', '--scope', 'events.read']
    const more = ['--customer', 'acme', '--expires', '24h']
    const { code, started, received } = await run([...words, ...more], { ...made, key: 'osk_whole' }, 201)
    expect([code, received[0]?.method, received[0]?.path]).toEqual([0, 'POST', '/api/v1/keys'])
    expect(JSON.parse(String(received[0]?.body))).toEqual({
      ...{ name: 'portal', scopes: ['webhooks.manage', 'events.read'], customer: 'acme', expiresInSeconds: 86_400 },
    })
    expect(started.lines).toContain('osk_whole')
    expect(started.printed()).toContain('this once')
  })

  it('takes one out of force', async () => {
    const { code, started, received } = await run(['revoke', 'cred_1'], undefined, 204)
    expect([code, received[0]?.method, received[0]?.path]).toEqual([0, 'DELETE', '/api/v1/keys/cred_1'])
    expect(started.printed()).toContain('cred_1 is out of force')
  })

  it.each([
    ['burn'],
    ['make'],
    ['make', 'x'],
    ['make', 'x', '--scope', 'events.read', '--expires', '1y'],
    ['revoke'],
    ['list', 'x'],
  ])('says what it does not understand: %s %s', async (...words) => {
    expect(await runCli(['keys', ...words], {}).code).toBe(1)
  })
})
