import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { sourceSecret } from '../load/requests.ts'
import type { Incoming } from './store.ts'

/** Takes GitHub's calls: proves them over the raw bytes, and answers 200 after `keep`. */
export async function acceptCalls(keep: (incoming: Incoming) => Promise<void>): Promise<FastifyInstance> {
  const app = fastify({ logger: false, bodyLimit: 1024 * 1024 })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post<{ Body: Buffer }>('/in/bench', async ({ headers, body }, reply) => {
    if (!isGenuine(body, headers['x-hub-signature-256']))
      return reply.code(401).send({ error: 'the signature is wrong' })
    const text = body.toString()
    try {
      JSON.parse(text)
    } catch {
      return reply.code(400).send({ error: 'the body is not JSON' })
    }
    await keep({
      key: String(headers['x-github-delivery']),
      type: `github.${headers['x-github-event']}`,
      headers: JSON.stringify(headers),
      body: text,
      receivedAt: Date.now(),
    })
    return { ok: true }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

/** Tells the bench that calls may come, and ends in order when it says so. */
export function announce(app: FastifyInstance, stop: () => Promise<void>): void {
  process.once('SIGTERM', async () => {
    await app.close()
    await stop()
    process.exit(0)
  })
  console.log(`ready ${(app.server.address() as AddressInfo).port}`)
}

function isGenuine(body: Buffer, header: string | string[] | undefined): boolean {
  const given = Buffer.from(String(header ?? '').slice('sha256='.length), 'hex')
  const expected = createHmac('sha256', sourceSecret).update(body).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}
