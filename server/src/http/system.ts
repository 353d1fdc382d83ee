import type { FastifyInstance } from 'fastify'
import type { Authenticate } from '../access/authenticate.ts'
import { Problem } from '../base/errors.ts'

/** What the server says of itself. */
export interface SystemNeeds {
  version: string
  metrics(): Promise<{ contentType: string; text: string }>
  /** What keeps the server from its work now; empty when it is ready. */
  faults(): readonly string[]
  /** Whether metrics are shown without a key: only where strangers cannot reach. */
  isPrivate: boolean
}

/** `/health` (the process lives), `/ready` (it can do its work), and `/metrics`. */
export function mountSystem(app: FastifyInstance, needs: SystemNeeds, authenticate: Authenticate): void {
  const { version, metrics, faults, isPrivate } = needs
  app.get('/health', async () => ({ status: 'ok', version }))
  app.get('/ready', async (_, reply) => {
    const found = faults()
    return reply
      .code(found.length === 0 ? 200 : 503)
      .send({ status: found.length === 0 ? 'ready' : 'not ready', faults: found })
  })
  app.get('/metrics', async (request, reply) => {
    if (!isPrivate) {
      const credential = await authenticate(request.headers.authorization)
      if (!credential.scopes.includes('metrics.read'))
        throw new Problem('SCOPE_MISSING', 'the metrics need the scope "metrics.read"')
    }
    const { contentType, text } = await metrics()
    return reply.header('content-type', contentType).serializer(String).send(text)
  })
}
