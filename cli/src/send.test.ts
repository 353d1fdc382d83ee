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

  it('plays providers that sign the URL, that add to it, or that send forms', async () => {
    const { url, received } = await source()
    for (const event of ['message.delivered', 'webhook']) {
      const run = runCli([
        'send',
        'twilio',
        '--url',
        `${url}/in/key`,
        '--secret',
        'token',
        '--event',
        event,
        '--id',
        'SM1',
      ])
      expect(await run.code, event).toBe(0)
    }
    const [form, json] = received
    const fields = Object.fromEntries(new URLSearchParams(form?.body.toString()))
    expect(fields).toMatchObject({ MessageSid: 'SM1', MessageStatus: 'delivered' })
    expect(validateRequest('token', String(form?.headers['x-twilio-signature']), `${url}/in/key`, fields)).toBe(true)
    expect(json?.path).toMatch(/^\/in\/key\?bodySHA256=[0-9a-f]{64}$/)
    const signature = String(json?.headers['x-twilio-signature'])
    expect(validateRequestWithBody('token', signature, `${url}${json?.path}`, json?.body.toString() ?? '')).toBe(true)
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
