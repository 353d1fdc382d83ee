import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verify } from '@trunkline/sdk'
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const secret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const accept = () => ({ status: 200, body: { requestId: 'req_1', eventIds: ['evt_1'] } })

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function source(answer: Parameters<typeof openServer>[0] = accept) {
  const server = await openServer(answer)
  closing.push(server.close)
  return server
}

function only(received: readonly Received[]): Received {
  expect(received).toHaveLength(1)
  const [first] = received
  if (!first) throw new Error('nothing was received')
  return first
}

describe('send', () => {
  it('posts a sample with the signature that GitHub would give it, and prints the answer', async () => {
    const { url, received } = await source()
    const run = runCli(['send', 'github', '--url', `${url}/in/key`, '--secret', 'It is a secret', '--event', 'issues'])
    expect(await run.code).toBe(0)
    const { headers, body, method, path } = only(received)
    expect({ method, path, event: headers['x-github-event'] }).toEqual({
      method: 'POST',
      path: '/in/key',
      event: 'issues',
    })
    const signature = createHmac('sha256', 'It is a secret').update(body).digest('hex')
    expect(headers['x-hub-signature-256']).toBe(`sha256=${signature}`)
    expect(run.lines[0]).toMatch(
      /^issues [0-9a-f-]{36}: 200 in \d+ ms {2}\{"requestId":"req_1","eventIds":\["evt_1"\]\}$/,
    )
    expect(run.printed()).not.toContain('It is a secret')
  })

  it('takes the secret from the environment, and puts the event into a body that names it', async () => {
    const { url, received } = await source()
    const words = ['send', 'standard-webhooks', '--url', url, '--event', 'contact.created', '--id', 'msg_7']
    const run = runCli(words, { TRUNKLINE_SOURCE_SECRET: secret })
    expect(await run.code).toBe(0)
    const { headers, body } = only(received)
    expect(verify(body, headers, secret).id).toBe('msg_7')
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'contact.created' })
  })

  it('sends the sample of the event that was asked for, at the time that it is', async () => {
    const { url, received } = await source()
    const words = ['send', 'linear', '--url', url, '--secret', 'It is a secret', '--event', 'Comment.create']
    expect(await runCli(words).code).toBe(0)
    const body = JSON.parse(only(received).body.toString())
    expect(body).toMatchObject({ type: 'Comment', action: 'create' })
    expect(Math.abs(body.webhookTimestamp - Date.now())).toBeLessThan(60_000)
  })

  it('needs no secret for a provider that signs nothing, and takes one for a provider that may', async () => {
    const { url, received } = await source()
    expect(await runCli(['send', 'generic', '--url', url, '--id', 'order-7']).code).toBe(0)
    expect(await runCli(['send', 'cloudevents', '--url', url]).code).toBe(0)
    expect(await runCli(['send', 'cloudevents', '--url', url, '--secret', 'a-token-of-16-or-more']).code).toBe(0)
    expect(received.map(({ headers }) => [headers['idempotency-key'], headers.authorization])).toEqual([
      ['order-7', undefined],
      [undefined, undefined],
      [undefined, 'Bearer a-token-of-16-or-more'],
    ])
  })

  it('sends as often as it is told, each time with an id of its own, or with the one that was given', async () => {
    const { url, received } = await source()
    const run = runCli(['send', 'stripe', '--url', url, '--secret', secret, '--count', '3'])
    expect(await run.code).toBe(0)
    expect(run.lines.at(-1)).toMatch(/^3 of 3 accepted in /)
    const idOf = (body: Buffer) => (JSON.parse(body.toString()) as { id: string }).id
    expect(new Set(received.map(({ body }) => idOf(body))).size).toBe(3)
    await runCli(['send', 'stripe', '--url', url, '--secret', secret, '--count', '2', '--id', 'evt_same']).code
    expect(received.slice(3).map(({ body }) => idOf(body))).toEqual(['evt_same', 'evt_same'])
  })

  it('sends the bytes of a file as they are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-cli-'))
    closing.push(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'body.bin')
    writeFileSync(file, Buffer.from([0xff, 0x00, 0x0a]))
    const { url, received } = await source()
    expect(await runCli(['send', 'github', '--url', url, '--secret', 'It is a secret', '--body', file]).code).toBe(0)
    expect(received[0]?.body).toEqual(Buffer.from([0xff, 0x00, 0x0a]))
    const missing = runCli(['send', 'github', '--url', url, '--secret', 's', '--body', join(folder, 'none')])
    expect([await missing.code, missing.complaints[0]]).toEqual([1, expect.stringContaining('--body: ENOENT')])
  })

  it('exits 2 when the server refuses, with the answer and a hint', async () => {
    const { url } = await source(() => ({ status: 401, body: { code: 'SIGNATURE_REFUSED', text: '\u001b[2J' } }))
    const run = runCli(['send', 'github', '--url', url, '--secret', 'hush-hush'])
    expect(await run.code).toBe(2)
    expect(run.lines[0]).toContain('401')
    expect(run.lines[0]).toContain('SIGNATURE_REFUSED')
    expect(run.complaints[0]).toContain('the secret of this source')
    expect(run.printed()).not.toContain('hush-hush')
  })

  it('exits 2 when nothing answers, without the path of the source, which is as good as a key', async () => {
    const server = await source()
    await server.close()
    const run = runCli(['send', 'github', '--url', `${server.url}/in/hush-hush`, '--secret', 'It is', '--count', '5'])
    expect(await run.code).toBe(2)
    expect(run.complaints).toEqual([`${server.url} cannot be reached: ECONNREFUSED`])
  })

  it('follows no redirect: the body and its signature are for the URL that was given', async () => {
    const { url, received } = await source(() => ({ status: 307, body: {} }))
    expect(await runCli(['send', 'github', '--url', url, '--secret', 'It is a secret']).code).toBe(2)
    expect(received).toHaveLength(1)
  })
})
