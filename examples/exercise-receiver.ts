import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const read = (path: string): string => readFileSync(at(path), 'utf8')
const secretOf = (text: string) => `whsec_${Buffer.alloc(32, text).toString('base64')}`
const [secret, former, other] = [secretOf('example'), secretOf('former'), secretOf('other')]

/** Runs a receiver that verifies with nothing but its language, and sends it what is genuine and what is not. */
export function exerciseReceiver(path: string, { language, command }: { language: string; command: string }): void {
  it(`docs/signatures.md shows ${path} as it is`, () => {
    const shown = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(read('../docs/signatures.md'))?.[1]
    expect(shown).toBe(read(path))
  })

  // The page's own test above holds wherever the language is missing.
  if (spawnSync(command, ['--version']).status === 0) exerciseRunning(path, command)
}

/** Sends one byte of a body of a hundred, and is gone. */
export async function hangUp(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.end('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{')
  socket.resume()
  await once(socket, 'close')
}

function exerciseRunning(path: string, command: string): void {
  describe(`${path}, running`, () => {
    let receiver: ChildProcess
    let url = ''
    let printed = ''
    beforeAll(async () => {
      receiver = spawn(command, [at(path), secret, former], {
        env: { ...process.env, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      url = await new Promise((resolve, reject) => {
        receiver.stdout?.on('data', (chunk) => {
          printed += chunk
          const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
          if (found !== undefined) resolve(found)
        })
        receiver.once('exit', (code) => reject(new Error(`it ended with ${code}; it printed: ${printed}`)))
      })
    })
    afterAll(() => void receiver.kill())

    async function deliver(
      body: string | Buffer,
      { key = secret, at = new Date(), change = {} }: { key?: string; at?: Date; change?: Record<string, string> } = {},
    ): Promise<number> {
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(key).sign('evt_1', at, body),
        ...change,
      }
      return (await fetch(url, { method: 'POST', headers, body })).status
    }

    it('takes what is genuine, with the new secret, the former one, and both', async () => {
      const now = new Date()
      const list = [other, former].map((key) => new Webhook(key).sign('evt_1', now, 'Zoë')).join(' ')
      expect(await deliver('{"type":"a.b","data":{"name":"Zoë"}}')).toBe(204)
      expect(await deliver('{"n":2}', { key: former })).toBe(204)
      expect(await deliver('Zoë', { at: now, change: { 'webhook-signature': `v1a,AAAA ${list}` } })).toBe(204)
      expect(printed).toContain('evt_1 {"type":"a.b","data":{"name":"Zoë"}}')
    })

    it('goes on when a sender hangs up in the middle of a body', async () => {
      for (let i = 0; i < 3; i++) {
        await hangUp(url)
        expect(await deliver('{}')).toBe(204)
      }
      expect(receiver.exitCode).toBeNull()
    })

    it('refuses everything else', async () => {
      const signature = new Webhook(secret).sign('evt_1', new Date(), '{}')
      const ages = [-600_000, 600_000].map((ms) => new Date(Date.now() + ms))
      for (const sent of [
        deliver('{}', { key: other }),
        ...ages.map((at) => deliver('{}', { at })),
        ...['', 'v1,', signature.slice(3), signature.slice(0, -1), `v2,${signature.slice(3)}`].map((each) =>
          deliver('{}', { change: { 'webhook-signature': each } }),
        ),
        ...['', 'x', '1e9', '-1'].map((each) => deliver('{}', { change: { 'webhook-timestamp': each } })),
        deliver('{}', { change: { 'webhook-id': 'evt_2' } }),
        deliver('{} ', { change: { 'webhook-signature': signature } }),
      ])
        expect(await sent).toBe(401)
    })
  })
}
