// A process of its own: the least that a sender of webhooks does. It signs each body and posts it, from an undici Pool.
import { createHmac } from 'node:crypto'
import { Pool } from 'undici'
import { bodyOf } from '../load/requests.ts'

const [, , port, connections] = process.argv
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: Number(connections), pipelining: 1 })
const key = Buffer.alloc(32, 7)
const head = '{"type":"github.push","timestamp":"2026-11-20T08:14:03.000Z","data":'
const bodies = Array.from({ length: 1000 }, (_, slot) => `${head}${bodyOf(slot)}}`)
let sent = 0

async function postOn(): Promise<void> {
  for (;;) {
    const id = `evt_${String(++sent).padStart(26, '0')}`
    const timestamp = Math.floor(Date.now() / 1000).toString()
    const bytes = Buffer.from(bodies[sent % bodies.length] ?? '')
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')
    const { body } = await pool.request({
      path: '/',
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body: bytes,
    })
    await body.text()
  }
}

process.on('SIGTERM', () => process.exit(0))
for (let i = 0; i < Number(connections); i++) postOn()
console.log('ready')
