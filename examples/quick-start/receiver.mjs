// A receiver of deliveries, as your customer would write it: `node receiver.mjs endpoint.json`.
// It proves each delivery with the official `standardwebhooks` package.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const { url, secret } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const webhook = new Webhook(secret)

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  try {
    webhook.verify(body, request.headers)
    console.log(`verified ${request.headers['webhook-id']}\n  ${body}`)
    response.writeHead(204).end()
  } catch (error) {
    console.log(`refused: ${error.message}`)
    response.writeHead(401).end()
  }
}).listen(new URL(url).port, '127.0.0.1', () => console.log(`waiting for deliveries at ${url}`))
