// A receiver of deliveries, as your customer would write it: `node receiver.mjs endpoint.json`.
// It proves each delivery with the official `standardwebhooks` package.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const { url, secret } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const webhook = new Webhook(secret)

createServer(async (request, response) => {
  try {
    const body = (await buffer(request)).toString()
    webhook.verify(body, request.headers)
    console.log(`verified ${request.headers['webhook-id']}\n  ${body}`)
    response.writeHead(204).end()
  } catch (error) {
    console.log(`refused: ${error.message}`)
    if (error instanceof WebhookVerificationError) response.writeHead(401).end()
    else response.destroy() // the sender hung up, perhaps; without a 2xx it comes again
  }
}).listen(new URL(url).port, '127.0.0.1', () => console.log(`waiting for deliveries at ${url}`))
