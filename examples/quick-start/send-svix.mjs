// Posts a Standard Webhook, signed by the `svix` package: `node send-svix.mjs standard.json`.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Webhook } from 'svix'

const { url, secret } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const id = `msg_${randomUUID().replaceAll('-', '')}`
const now = new Date()
const body = '{"type":"user.created","data":{"id":"user_1"}}'
const response = await fetch(url, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': Math.floor(now.getTime() / 1000).toString(),
    'svix-signature': new Webhook(secret).sign(id, now, body),
  },
  body,
})
console.log(response.status, await response.text())
