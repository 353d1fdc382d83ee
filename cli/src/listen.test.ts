import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { standardWebhooks } from '@trunkline/senders'
import { afterEach, describe, expect, it } from 'vitest'
import { signingPair } from '../../server/src/access/signing-pair.ts'
import { sign } from '../../server/src/outbound/signature/exercise-sign.ts'
import { signingSecret } from '../../server/src/outbound/signature/signing-secret.ts'
import { type Run, runCli, until } from './exercise-cli.ts'

const secret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const body = Buffer.from('{"type":"github.push","timestamp":"2026-11-22T06:00:00.000Z","data":{}}')

const running: Run[] = []
afterEach(async () => {
  for (const run of running.splice(0)) {
    run.stop()
    expect(await run.code).toBe(0)
  }
})

async function listening(...options: string[]): Promise<{ run: Run; url: string }> {
  const run = runCli(['listen', '--port', '0', ...options])
  running.push(run)
  await until(() => run.lines.length > 0)
  return { run, url: /http:\/\/[\d.]+:\d+/.exec(run.lines[0] ?? '')?.[0] ?? '' }
}

const deliver = (url: string, bytes: Buffer, headers: Record<string, string>) =>
  fetch(url, { method: 'POST', headers, body: bytes })

const signed = (more: { nowMs?: number } = {}) =>
  standardWebhooks.sign({ body, secret, nowMs: Date.now(), id: 'evt_1', ...more })

/** Headers of a delivery as the server signs it, with a text of one's own or a `whsec_…`. */
const signedAs = (dialect: Parameters<typeof sign>[1][number], key: string) =>
  sign(
    { eventId: 'evt_1', deliveryId: 'dlv_1', eventType: 'github.push', attempts: 0, atMs: Date.now(), body },
    [dialect],
    { secrets: [signingSecret(key)], privateKey: pair.privateKey },
  )
const pair = signingPair(Buffer.alloc(32, 1))

describe('listen', () => {
  it('prints a delivery with its type, id and size, and that it is genuine', async () => {
    const { run, url } = await listening('--secret', secret)
    expect((await deliver(url, body, signed())).status).toBe(200)
    expect(run.lines.at(-1)).toMatch(/ {2}github\.push {2}evt_1 {2}\d+ B {2}verified$/)
    expect(run.printed()).not.toContain(secret)
  })

  it('answers 401 to what is not genuine, and says why', async () => {
    const { run, url } = await listening('--secret', secret)
    const statuses = [
      await deliver(url, Buffer.from('{"type":"github.pull"}'), signed()),
      await deliver(url, body, signed({ nowMs: Date.now() - 3_600_000 })),
      await deliver(url, body, {}),
    ].map(({ status }) => status)
    expect(statuses).toEqual([401, 401, 401])
    const [forged, stale, unsigned] = run.lines.slice(-3)
    expect(forged).toContain('NOT VERIFIED')
    expect(forged).toContain('(SIGNATURE_MISMATCH)')
    expect(stale).toContain('(STALE)')
    expect(unsigned).toContain('no id')
    expect(unsigned).toContain('(MISSING_SIGNATURE)')
  })

  it.each(['stripe', 'github', 'opencom', 'remotedev'] as const)(
    'verifies what is signed as %s when it is told so, with a text of one’s own too',
    async (dialect) => {
      for (const key of ['a text of my own', secret]) {
        const { run, url } = await listening('--secret', key, '--dialect', dialect)
        expect((await deliver(url, body, signedAs(dialect, key))).status).toBe(200)
        expect(run.lines.at(-1)).toMatch(/ {2}github\.push {2}evt_1 {2}\d+ B {2}verified$/)
        expect((await deliver(url, body, signedAs(dialect, 'another text'))).status).toBe(401)
        expect((await deliver(url, body, signed())).status).toBe(401)
      }
    },
  )

  it('verifies with a public key', async () => {
    for (const more of [[], ['--dialect', 'ed25519']]) {
      const { url } = await listening('--secret', pair.publicKey, ...more)
      expect((await deliver(url, body, signedAs('ed25519', secret))).status).toBe(200)
    }
  })

  it('answers as it is told, so that retries can be watched', async () => {
    const { url } = await listening('--secret', secret, '--status', '503')
    expect((await deliver(url, body, signed())).status).toBe(503)
  })

  it('takes everything without a secret, and prints bodies without what would move the cursor', async () => {
    const { run, url } = await listening('--body')
    const hostile = Buffer.from('{"type":"\\u001b[2Jgone"}\n\u001b[2J')
    expect((await deliver(url, hostile, { 'webhook-id': 'evt_2' })).status).toBe(200)
    await until(() => run.lines.some((line) => line.startsWith('  | ')))
    expect(run.lines.find((line) => line.includes('evt_2'))).toContain('not verified: there is no --secret')
    expect(run.printed()).not.toContain('\u001b')
  })

  it('refuses a secret that cannot be one before anything is delivered', async () => {
    const run = runCli(['listen', '--port', '0', '--secret', 'hush-hush'])
    expect(await run.code).toBe(1)
    expect(run.complaints[0]).toContain('whsec_')
    expect(run.printed()).not.toContain('hush-hush')
    const empty = runCli(['listen', '--port', '0', '--secret=', '--dialect', 'github'])
    expect([await empty.code, empty.complaints[0]]).toEqual([1, expect.stringContaining('the secret is empty')])
  })

  it('knows no other dialect', async () => {
    const run = runCli(['listen', '--port', '0', '--dialect', 'morse'])
    expect([await run.code, run.complaints[0]]).toEqual([1, expect.stringContaining('one of standard, ed25519')])
  })

  it('exits 1 when the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const run = runCli(['listen', '--port', String((other.address() as AddressInfo).port)])
    expect(await run.code).toBe(1)
    expect(run.complaints[0]).toContain('EADDRINUSE')
    other.close()
  })
})
