// A process of its own: the least that a receiver of webhooks does. It reads the body, checks the HMAC and answers.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sourceSecret } from '../load/requests.ts'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
    const expected = createHmac('sha256', sourceSecret).update(body).digest()
    const given = Buffer.from(String(request.headers['x-hub-signature-256'] ?? '').slice('sha256='.length), 'hex')
    const isGenuine = given.length === expected.length && timingSafeEqual(given, expected)
    const answer = isGenuine ? '{"ok":true}' : '{"ok":false}'
    response.writeHead(isGenuine ? 200 : 401, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    })
    response.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as AddressInfo).port}`))
process.on('SIGTERM', () => process.exit(0))
