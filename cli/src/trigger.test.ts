import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verify } from '@trunkline/sdk'
import { github, senders } from '@trunkline/senders'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const secret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const accept = () => ({ status: 200, body: { requestId: 'req_1', eventIds: ['evt_1'] } })

const hasCurl = spawnSync('curl', ['--version']).status === 0
if (!hasCurl) console.warn('not tried: the printed commands need curl')

/** Runs a script in a shell; its length is not limited as that of a word is. */
function shell(script: string): Promise<void> {
  const child = spawn('sh', ['-e'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(script)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the shell ended with ${code}`))))
  })
}

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

describe('trigger', () => {
  it('posts a sample with the signature that GitHub would give it, and prints the answer', async () => {
    const { url, received } = await source()
    const run = runCli(['trigger', 'github.ping', '--url', `${url}/in/key`, '--secret', 'It is a secret'])
    expect(await run.code).toBe(0)
    const { headers, body, method, path } = only(received)
    expect({ method, path, event: headers['x-github-event'] }).toEqual({
      method: 'POST',
      path: '/in/key',
      event: 'ping',
    })
    const signature = createHmac('sha256', 'It is a secret').update(body).digest('hex')
    expect(headers['x-hub-signature-256']).toBe(`sha256=${signature}`)
    expect(run.lines[0]).toMatch(
      /^ping [0-9a-f-]{36}: 200 in \d+ ms {2}\{"requestId":"req_1","eventIds":\["evt_1"\]\}$/,
    )
    expect(run.printed()).not.toContain('It is a secret')
  })

  it('takes the secret from the environment, and signs the body as it was changed', async () => {
    const { url, received } = await source()
    const words = ['trigger', 'standard-webhooks', '--url', url, '--id', 'msg_7']
    const changes = ['--set', 'type=contact.created', '--set', 'data.plan.seats=9007199254740993', '--set=data.id=-1']
    const run = runCli([...words, ...changes], { TRUNKLINE_SOURCE_SECRET: secret })
    expect(await run.code).toBe(0)
    const { headers, body } = only(received)
    expect(verify(body, headers, secret).id).toBe('msg_7')
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'contact.created', data: { id: -1 } })
    expect(body.toString()).toContain('"plan":{"seats":9007199254740993}')
  })

  it('sends one of each event of a kind', async () => {
    const { url, received } = await source()
    const run = runCli(['trigger', 'github', '--all', '--repeat', '2', '--url', url, '--secret', 'It is a secret'])
    expect(await run.code).toBe(0)
    const sent = received.map(({ headers }) => headers['x-github-event'])
    expect(sent).toEqual([...github.events, ...github.events])
    expect(run.lines.at(-1)).toContain(`${sent.length} of ${sent.length} accepted`)
  })

  it('keeps a pace, whatever each request takes', async () => {
    const { url, received } = await source()
    const began = performance.now()
    const words = ['trigger', 'github', '--repeat', '11', '--rate', '50', '--url', url, '--secret', 'It is a secret']
    expect(await runCli(words).code).toBe(0)
    expect(received).toHaveLength(11)
    expect(performance.now() - began).toBeGreaterThan(190)
  })

  it('lists the kinds and their events', async () => {
    const all = runCli(['trigger', '--list'])
    expect(await all.code).toBe(0)
    for (const { kind, events } of senders)
      for (const event of events) expect(all.lines).toContain(`  ${kind}.${event}`)
    const one = runCli(['trigger', 'stripe', '--list'])
    expect([await one.code, one.lines[0]]).toEqual([0, 'stripe  (Stripe)'])
    expect(one.printed()).not.toContain('github')
  })

  it('sends as often as it is told, each time with an id of its own, or with the one that was given', async () => {
    const { url, received } = await source()
    const run = runCli(['trigger', 'stripe', '--url', url, '--secret', secret, '--repeat', '3'])
    expect(await run.code).toBe(0)
    expect(run.lines.at(-1)).toMatch(/^3 of 3 accepted in /)
    const idOf = (body: Buffer) => (JSON.parse(body.toString()) as { id: string }).id
    expect(new Set(received.map(({ body }) => idOf(body))).size).toBe(3)
    await runCli(['trigger', 'stripe', '--url', url, '--secret', secret, '--repeat', '2', '--id', 'evt_same']).code
    expect(received.slice(3).map(({ body }) => idOf(body))).toEqual(['evt_same', 'evt_same'])
  })

  it('sends the bytes of a file as they are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-cli-'))
    closing.push(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'body.bin')
    writeFileSync(file, Buffer.from([0xff, 0x00, 0x0a]))
    const { url, received } = await source()
    expect(await runCli(['trigger', 'github', '--url', url, '--secret', 'It is a secret', '--body', file]).code).toBe(0)
    expect(received[0]?.body).toEqual(Buffer.from([0xff, 0x00, 0x0a]))
    const missing = runCli(['trigger', 'github', '--url', url, '--secret', 's', '--body', join(folder, 'none')])
    expect([await missing.code, missing.complaints[0]]).toEqual([1, expect.stringContaining('--body: ENOENT')])
  })

  it('exits 2 when the server refuses, with the answer and a hint', async () => {
    const { url } = await source(() => ({ status: 401, body: { code: 'SIGNATURE_REFUSED', text: '\u001b[2J' } }))
    const run = runCli(['trigger', 'github', '--url', url, '--secret', 'hush-hush'])
    expect(await run.code).toBe(2)
    expect(run.lines[0]).toContain('401')
    expect(run.lines[0]).toContain('SIGNATURE_REFUSED')
    expect(run.complaints[0]).toContain('the secret of this source')
    expect(run.printed()).not.toContain('hush-hush')
  })

  it('exits 2 when nothing answers, without the path of the source, which is as good as a key', async () => {
    const server = await source()
    await server.close()
    const run = runCli([
      'trigger',
      'github',
      '--url',
      `${server.url}/in/hush-hush`,
      '--secret',
      'It is',
      '--repeat',
      '5',
    ])
    expect(await run.code).toBe(2)
    expect(run.complaints).toEqual([`${server.url} cannot be reached: ECONNREFUSED`])
  })

  it('follows no redirect: the body and its signature are for the URL that was given', async () => {
    const { url, received } = await source(() => ({ status: 307, body: {} }))
    expect(await runCli(['trigger', 'github', '--url', url, '--secret', 'It is a secret']).code).toBe(2)
    expect(received).toHaveLength(1)
  })

  it('prints, dry, a command that sends the same bytes and headers', async () => {
    const { url, received } = await source()
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-cli-'))
    closing.push(() => rmSync(folder, { recursive: true }))
    const bodies: Record<string, Buffer> = {
      quotes: Buffer.from(`@it's "$HOME" \\ \`id\`\n!é`),
      bytes: Buffer.from([0xff, 0x00, 0x0a, 0x27]),
      large: Buffer.alloc(150_000, 'x'),
    }
    for (const [name, body] of Object.entries(bodies)) {
      const file = join(folder, name)
      writeFileSync(file, body)
      const words = [
        'trigger',
        'github',
        '--dry-run',
        '--url',
        `${url}/in/k`,
        '--secret',
        "It's a secret",
        '--body',
        file,
      ]
      const run = runCli(words)
      expect(await run.code).toBe(0)
      if (!hasCurl) continue
      const before = received.length
      await shell(run.lines.join('\n'))
      expect(received.length).toBe(before + 1)
      const got = received.at(-1)
      expect(got?.body, name).toEqual(body)
      const signature = createHmac('sha256', "It's a secret").update(body).digest('hex')
      expect(got?.headers, name).toMatchObject({
        'x-hub-signature-256': `sha256=${signature}`,
        'content-type': 'application/json',
      })
    }
    if (!hasCurl) expect(received).toEqual([])
  })

  it.each([
    [['github.issue'], 'GitHub has no sample of that event'],
    [['github.pin'], 'did you mean github.ping?'],
    [['github.'], 'the name of an event is missing'],
    [['github.push', '--all'], '--all takes a kind without an event'],
    [['github', '--set', 'ref'], '--set: a change is written path=value'],
    [['github', '--set', 'ref.x=1'], '--set: ref.x: ref is neither an object nor a list'],
    [['github', '--chaos', '--id', 'x'], '--chaos counts different events'],
    [['github', '--seed', '7'], '--seed goes with --chaos'],
    [['github', '--rate', '0'], '--rate must be a whole number from 1 to 10000'],
    [['github', '--source', 'src_1'], '--url and --source name the same thing'],
    [['github', '--check'], '--api-key is missing'],
  ])('exits 1 and sends nothing: %j', async (words, message) => {
    const { url, received } = await source()
    const run = runCli(['trigger', ...words, '--url', url, '--secret', 'It is a secret'])
    expect([await run.code, run.complaints[0]]).toEqual([1, expect.stringContaining(message)])
    expect(received).toEqual([])
  })
})
