import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { standardWebhooks } from '@trunkline/senders'
import { afterEach, describe, expect, it } from 'vitest'
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
