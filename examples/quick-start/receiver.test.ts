import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hangUp } from '../exercise-receiver.ts'

const folder = mkdtempSync(join(tmpdir(), 'trunkline-receiver-'))
const secret = `whsec_${Buffer.alloc(32, 'example').toString('base64')}`
let receiver: ChildProcess
let url = ''

beforeAll(async () => {
  url = `http://127.0.0.1:${await freePort()}`
  const file = join(folder, 'endpoint.json')
  writeFileSync(file, JSON.stringify({ url, secret }))
  receiver = spawn(process.execPath, [fileURLToPath(new URL('receiver.mjs', import.meta.url)), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (receiver.stdout) await once(receiver.stdout, 'data')
})

afterAll(() => {
  receiver.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function deliver(key: string): Promise<number> {
  const now = new Date()
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign('evt_1', now, '{}'),
  }
  return (await fetch(url, { method: 'POST', headers, body: '{}' })).status
}

it('takes what is genuine, and refuses what is not', async () => {
  expect(await deliver(secret)).toBe(204)
  expect(await deliver(`whsec_${Buffer.alloc(32, 'other').toString('base64')}`)).toBe(401)
})

it('goes on when a sender hangs up in the middle of a body', async () => {
  for (let i = 0; i < 3; i++) {
    await hangUp(url)
    expect(await deliver(secret)).toBe(204)
  }
  expect(receiver.exitCode).toBeNull()
})
