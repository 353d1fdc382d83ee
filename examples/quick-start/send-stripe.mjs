// Posts what Stripe posts, signed by Stripe's own package: `node send-stripe.mjs stripe.json whsec_…`.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Stripe from 'stripe'

const { url } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const id = `evt_${randomUUID().replaceAll('-', '')}`
const body = `{"id":"${id}","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1","amount_paid":4200}}}`
const header = new Stripe('sk_none').webhooks.generateTestHeaderString({ payload: body, secret: process.argv[3] })
const response = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'stripe-signature': header },
  body,
})
console.log(response.status, await response.text())
