// Receives deliveries and verifies them without any package: node receiver.mjs whsec_…
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

const toleranceSeconds = 300

/** Whether the bytes came from Trunkline, lately. Several secrets may be given while one is being changed. */
export function isGenuine(body, headers, secrets, nowSeconds = Date.now() / 1000) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers
  if (!id || !/^\d{1,15}$/.test(time ?? '') || !signatures) return false
  if (Math.abs(nowSeconds - Number(time)) > toleranceSeconds) return false
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    if (key.length < 24) return false // a secret that was forgotten: with an empty key anybody can sign
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`
    return signatures.split(' ').some((each) => each.length === expected.length && isEqual(each, expected))
  })
}

/** In a time that does not tell how much was right. */
const isEqual = (a, b) => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))

const server = createServer(async (request, response) => {
  try {
    const body = await buffer(request) // the bytes as they came: JSON written anew has another signature
    if (!isGenuine(body, request.headers, process.argv.slice(2))) return response.writeHead(401).end()
    console.log(`${request.headers['webhook-id']} ${body}`) // may come more than once with the same id
    response.writeHead(204).end()
  } catch (error) {
    console.error(`not taken: ${error.message}`) // the sender hung up, perhaps; without a 2xx it comes again
    response.destroy()
  }
})
const port = Number(process.env.PORT ?? 4500)
server.listen(port, '127.0.0.1', () => console.log(`waiting at http://127.0.0.1:${server.address().port}`))
