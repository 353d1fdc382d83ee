import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { receiver } from './receiver.ts'

const secret = `whsec_${Buffer.alloc(32, 'example').toString('base64')}`
const printed: string[] = []
const server = receiver(secret, (line) => printed.push(line))
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

async function deliver(body: string, key = secret): Promise<number> {
  const now = new Date()
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign('evt_1', now, body),
  }
  const { port } = server.address() as AddressInfo
  return (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body })).status
}

const event = (type: string, data: unknown) => JSON.stringify({ type, timestamp: '2026-11-20T08:14:03.000Z', data })

it('knows the data of the types that it names, and takes every other', async () => {
  expect(await deliver(event('whatsapp.message.received', { message: { id: 'wamid.1' } }))).toBe(204)
  expect(await deliver(event('agent.run.failed', { runId: 'run_1', action: 'error', error: 'too slow' }))).toBe(204)
  expect(await deliver(event('orchard.harvested', 7))).toBe(204)
  expect(await deliver('Body=Hello')).toBe(204)
  expect(printed).toEqual([
    'evt_1: message wamid.1',
    'evt_1: run run_1 failed: too slow',
    'evt_1: orchard.harvested',
    'evt_1: a raw body',
  ])
})

it('answers 401 to what is not genuine', async () => {
  const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`
  expect(await deliver(event('orchard.harvested', 7), other)).toBe(401)
})
