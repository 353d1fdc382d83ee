import type { FastifyInstance } from 'fastify'
import type { Authenticate } from '../access/authenticate.ts'
import { type Credential, hashKey } from '../access/credential.ts'
import type { PublicJwk } from '../access/signing-pair.ts'
import type { Clock } from '../base/clock.ts'
import { Problem, StoreUnavailable } from '../base/errors.ts'

/** What the server says of itself. */
export interface SystemNeeds {
  version: string
  /** What its Ed25519 signatures are verified with. */
  publicKeys: readonly PublicJwk[]
  metrics(): Promise<{ contentType: string; text: string }>
  /** Whether it is about to stop: no balancer should send anybody here. */
  isLeaving(): boolean
  /** What keeps each of its roles from its work now; undefined where nothing does. */
  faults(): Readonly<Record<string, string | undefined>>
  /** Whether metrics are shown without a key: only where strangers cannot reach. */
  isPrivate: boolean
  clock: Clock
}

/** How long a receiver may keep the public keys without asking again. */
const keysKeptSeconds = 3600

/** `/health` (the process lives), `/ready` (it can do its work), `/metrics`, and `/.well-known/jwks.json` (RFC 7517). */
export function mountSystem(app: FastifyInstance, needs: SystemNeeds, authenticate: Authenticate): void {
  const { version, publicKeys, metrics, isPrivate } = needs
  const judge = judgeOfMetrics(authenticate, needs.clock)
  app.get('/health', async () => ({ status: 'ok', version }))
  app.get('/ready', async (_, reply) => {
    const readiness = readinessOf(needs)
    return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness)
  })
  app.get('/.well-known/jwks.json', async (_, reply) =>
    reply
      .header('content-type', 'application/jwk-set+json')
      .header('cache-control', `public, max-age=${keysKeptSeconds}`)
      .send({ keys: publicKeys }),
  )
  app.get('/metrics', async (request, reply) => {
    if (!isPrivate) await judge(request.headers.authorization)
    const { contentType, text } = await metrics()
    return reply.header('content-type', contentType).serializer(String).send(text)
  })
}

/** How long a key that was good is good for metrics while the database cannot be asked: then they are wanted most. */
const trustedMs = 10 * 60 * 1000

/** Judges who asks for metrics. */
function judgeOfMetrics(authenticate: Authenticate, clock: Clock) {
  let last: { hash: string; at: number } | undefined
  return async (authorization: string | undefined): Promise<void> => {
    const hash = hashKey(authorization ?? '')
    try {
      checkMetricsReader(await authenticate(authorization))
      last = { hash, at: clock.elapsed() }
    } catch (error) {
      const known = last?.hash === hash ? last : undefined
      const isAway = error instanceof StoreUnavailable
      if (known && isAway && clock.elapsed() - known.at < trustedMs) return
      // It is good no more, also when the database goes away after this.
      if (known && !isAway) last = undefined
      throw error
    }
  }
}

function checkMetricsReader({ scopes, customer }: Credential): void {
  if (!scopes.includes('metrics.read')) throw new Problem('SCOPE_MISSING', 'the metrics need the scope "metrics.read"')
  if (customer !== null)
    throw new Problem('KEY_BOUND', 'the metrics are of the whole server, and this key is bound to one customer')
}

/** Ready is who is staying and kept from nothing, in any of its roles. */
function readinessOf({ faults, isLeaving }: SystemNeeds) {
  const found = Object.entries(faults())
  const all = [...new Set(found.flatMap(([, fault]) => fault ?? []))]
  return {
    status: isLeaving() ? 'stopping' : all.length === 0 ? 'ready' : 'not ready',
    faults: all,
    roles: Object.fromEntries(found.map(([role, fault]) => [role, fault === undefined ? 'ready' : 'not ready'])),
  }
}
