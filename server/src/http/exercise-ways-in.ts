import { createHmac, timingSafeEqual } from 'node:crypto'
import { stripe as stripeSender } from '@trunkline/senders'
import { z } from 'zod'
import { createAuthenticate } from '../access/authenticate.ts'
import { hashKey, makeKey } from '../access/credential.ts'
import { scopes } from '../access/scope.ts'
import { signingPair } from '../access/signing-pair.ts'
import { createCursors } from '../api/cursor.ts'
import { openTestStreams } from '../api/exercise-api.ts'
import { operations } from '../api/operations.ts'
import { systemClock } from '../base/clock.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { silentLog } from '../base/log.ts'
import { usualBounds } from '../base/quarantine-bounds.ts'
import { createSeal } from '../base/seal.ts'
import { readHere } from '../events/follow/exercise-reading.ts'
import { createTypeChecks } from '../events/types/type-checks.ts'
import { createSourceDirectory } from '../inbound/open-source.ts'
import { examineHere } from '../inbound/parse.ts'
import { createQuarantine } from '../inbound/quarantine/quarantine.ts'
import { receive } from '../inbound/receive.ts'
import { startReleasing } from '../inbound/release-loop.ts'
import { refused, verified } from '../inbound/signature/verdict.ts'
import { defineSource, ownText, ownValue, type SourceDefinition } from '../inbound/source.ts'
import { sourceDefinitions } from '../inbound/sources/index.ts'
import { countUnknownRoutes } from '../inbound/unknown-routes.ts'
import type { Opened } from '../storage/exercise/opened.ts'
import { createApi } from './api.ts'
import { clientAddress } from './client-address.ts'
import { createIngest, type IngestNeeds } from './ingest.ts'
import { createMetrics } from './metrics.ts'
import { watchPace } from './pace.ts'
import { createBudget } from './read-body.ts'
import { createHttpServer, listen } from './serve.ts'
import { limitSources } from './source-limits.ts'

const config = z.strictObject({ verifyToken: z.string().min(8).optional() })

/** Whether a request carries the HMAC of its body under one of the secrets. */
function isSigned(header: string | undefined, body: Buffer, all: readonly string[]): boolean {
  const sent = Buffer.from(header ?? '')
  return all.some((secret) => {
    const right = Buffer.from(signature(secret, body))
    return sent.length === right.length && timingSafeEqual(sent, right)
  })
}

export const signature = (secret: string, body: string | Buffer): string =>
  createHmac('sha256', secret).update(body).digest('hex')

const checkSecret = (secret: string) => (secret.length < 8 ? 'the secret has fewer than 8 characters' : undefined)

/** A provider that signs, and sends batches for several of its customers to one path. */
export const messenger = defineSource({
  kind: 'messenger',
  title: 'Messenger',
  limits: { bodyBytes: 64 * 1024 },
  config,
  fixedPath: { path: '/webhook/messenger' },
  checkSecret,
  makeSecret: () => newId('request', 0),
  verify: ({ headers, body }, { secrets }) =>
    isSigned(headers.get('x-signature'), body, secrets)
      ? verified
      : refused('SIGNATURE_MISMATCH', 'header x-signature fits no secret'),
  parse: ({ json }) => {
    const { value } = json()
    return (Array.isArray(value) ? value : [value]).map((each: unknown) => ({
      dedupeKey: ownText(each, 'id') ?? 'none',
      type: 'messenger.message',
      subject: null,
      data: JSON.stringify(each),
      ...(ownText(each, 'to') === undefined ? {} : { route: String(ownValue(each, 'to')) }),
    }))
  },
  answer: (_, { eventIds }) => ({ contentType: 'application/json', body: `{"scheduled":${eventIds.length}}` }),
  handshake: ({ url }, { config: { verifyToken } }) => {
    const query = new URL(url, 'http://x').searchParams
    if (query.get('mode') !== 'subscribe') return undefined
    return query.get('token') === verifyToken
      ? { contentType: 'text/plain', body: query.get('challenge') ?? '' }
      : { status: 403, contentType: 'text/plain', body: 'no' }
  },
})

const tokenIn = (url: string) => new URL(url, 'http://x').searchParams.get('t') ?? undefined

/** A provider that signs nothing unless it is told to: its address is its proof. */
export const avatar = defineSource({
  kind: 'avatar',
  title: 'Avatar',
  limits: { bodyBytes: 64 * 1024 },
  config: z.strictObject({}),
  fixedPath: { path: '/api/avatar/webhook', token: ({ url }) => tokenIn(url) },
  checkSecret,
  makeSecret: () => newId('request', 0),
  verify: ({ headers, body, isAddressed }, { secrets }) =>
    isAddressed || isSigned(headers.get('x-signature'), body, secrets)
      ? verified
      : refused('MISSING_SIGNATURE', 'nothing proves it'),
  parse: ({ json }) => [
    { dedupeKey: ownText(json().value, 'id') ?? 'none', type: 'avatar.said', subject: null, data: json().text },
  ],
})

/** A provider of which no proof can be had at all. */
export const open = defineSource({
  ...avatar,
  kind: 'open',
  title: 'Open',
  isSecretless: true,
  fixedPath: { path: '/open', token: ({ url }) => tokenIn(url) },
  verify: () => ({ kind: 'unsigned' }),
})

const stripe = sourceDefinitions.get('stripe')
if (!stripe) throw new Error('there is no kind "stripe"')
export const stripePath = '/api/webhooks/stripe'

export const definitions: ReadonlyMap<string, SourceDefinition> = new Map<string, SourceDefinition>([
  [messenger.kind, messenger as SourceDefinition],
  [avatar.kind, avatar as SourceDefinition],
  [open.kind, open as SourceDefinition],
  ['stripe', { ...stripe, fixedPath: { path: stripePath } }],
  ['github', sourceDefinitions.get('github') as SourceDefinition],
])

export type Stage = Awaited<ReturnType<typeof openStage>>

/** The way in and the API over real HTTP on one port, with an engine's own storage behind them. */
export async function openStage(opened: Opened) {
  const { storage } = opened
  const { commit, reads } = storage
  const seal = createSeal(Buffer.alloc(32, 7))
  const { meter, show } = createMetrics()
  const lines: { event: string; facts: Record<string, unknown> }[] = []
  const keep = (event: string, facts: object = {}) => void lines.push({ event, facts: { ...facts } })
  const journal = {
    debug: (event: string, facts?: () => object) => keep(event, facts?.()),
    info: keep,
    warn: keep,
    error: keep,
  }
  const clock = systemClock
  const asked: string[] = []
  const directory = createSourceDirectory({
    clock,
    journal,
    seal,
    definitions,
    reads: {
      byKey: (key) => reads.sources.byKey(key),
      claimants(path) {
        asked.push(path)
        return reads.sources.claimants(path)
      },
      routes: (id) => reads.sources.routes(id),
      version: () => reads.sources.version(),
    },
  })
  const unknownRoutes = countUnknownRoutes({ commit, clock, journal })
  const releasing = startReleasing({ sources: reads.sources, commit, journal, meter, onReleased() {} })
  const own = { url: '' }
  const cursors = createCursors(Buffer.alloc(32, 3))
  const needs: IngestNeeds = {
    examine: examineHere,
    publicUrl: () => own.url,
    variablesOf: (kind) => (kind === 'messenger' ? ['MESSENGER_SECRET'] : []),
    unknownRoutes,
    quarantine: createQuarantine({ commit, seal, journal, meter, bounds: usualBounds }),
    commit,
    clock,
    wall: clock,
    journal,
    meter,
    dedupeSecret: Buffer.alloc(32, 9),
    sources: directory,
    clientAddress: clientAddress([]),
    budget: createBudget(meter),
    pace: watchPace({ slowest: 1024, clock }),
    limits: limitSources({ byDefault: undefined, processes: () => 1, clock, journal, meter }),
  }
  const ingest = createIngest(needs)
  const signing = signingPair(Buffer.alloc(32, 11))
  const closed = { allowPrivate: [], allowHttp: false }
  const callNobody = () => Promise.reject(new Error('nothing is called from here'))
  const { app, route } = await createApi({
    operations,
    authenticate: createAuthenticate({ reads: reads.credentials, clock }),
    journal: silentLog,
    context: {
      commit,
      reads,
      retention: { keep: { bodiesDays: 30, recordsDays: 90, quarantineDays: 7 }, freeDiskBytes: async () => null },
      clock,
      seal,
      dedupeSecret: Buffer.alloc(32, 9),
      publicKey: signing.publicKey,
      cursors,
      streams: openTestStreams({ log: reads.log, cursors, journal, meter }),
      receive: (incoming, source, arrival) => receive(incoming, source, arrival, needs),
      factReader: readHere([]),
      rerun: async () => [],
      planReprocess: () => Promise.reject(new Error('nothing is read again here')),
      egressPolicy: { own: closed, customers: closed },
      probe: { own: callNobody, customers: callNobody },
      definitions,
      typeChecks: createTypeChecks({ reads: reads.eventTypes, clock }),
      publicUrl: () => own.url,
      stir: {
        sources() {
          directory.forget()
          releasing.wake()
        },
        endpoint() {},
        lane() {},
        events() {},
        jobs() {},
      },
    },
    system: {
      version: '1.2.3',
      publicKeys: [signing.jwk],
      clock,
      metrics: show,
      faults: () => ({}),
      isLeaving: () => false,
      isPrivate: false,
    },
  })
  const server = createHttpServer([ingest, route])
  own.url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`

  /** A caller with a key of a workspace, which is made when it is not there. */
  async function caller(workspaceId = defaultWorkspaceId) {
    const key = makeKey()
    await opened.sql(
      'INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, 0) ON CONFLICT DO NOTHING',
      workspaceId,
      workspaceId,
    )
    await opened.sql(
      `INSERT INTO credentials (id, workspace_id, name, key_hash, preview, scopes, origin, created_at)
       VALUES (?, ?, 'test', ?, 'osk_', ?, 'api', 0)`,
      newId('credential', 0),
      workspaceId,
      hashKey(key),
      JSON.stringify(scopes),
    )
    return async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${own.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      const text = bytes.toString()
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
      let json: any = {}
      try {
        json = JSON.parse(text)
      } catch {}
      return { status: answer.status, headers: answer.headers, bytes, text, json }
    }
  }

  return {
    ...opened,
    url: own.url,
    seal,
    lines,
    /** The paths whose claimants were read. */
    asked,
    caller,
    /** Posts to a path what its provider signed with a secret. */
    async post(path: string, body: string, secret?: string, headers: Record<string, string> = {}) {
      const answer = await fetch(own.url + path, {
        method: 'POST',
        body,
        headers: { ...(secret === undefined ? {} : { 'x-signature': signature(secret, body) }), ...headers },
      })
      return { status: answer.status, headers: answer.headers, text: await answer.text() }
    },
    /** What Stripe sends with a body. */
    signedByStripe: (body: string, secret: string) =>
      stripeSender.sign({ body: Buffer.from(body), secret, nowMs: clock.now(), id: 'evt_1', event: '' }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await app.close()
      await releasing.stop()
      await unknownRoutes.close()
      await opened.cleanup()
    },
  }
}

export type Caller = Awaited<ReturnType<Stage['caller']>>
