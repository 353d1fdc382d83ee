import { isDeepStrictEqual } from 'node:util'
import type { LightMyRequestResponse } from 'fastify'
import { createAuthenticate } from '../access/authenticate.ts'
import { hashKey, makeKey } from '../access/credential.ts'
import { type Scope, scopes } from '../access/scope.ts'
import { signingPair } from '../access/signing-pair.ts'
import { accounts } from '../accounts/follow-accounts.ts'
import { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { silentMeter } from '../base/meter.ts'
import { usualBounds } from '../base/quarantine-bounds.ts'
import { createSeal } from '../base/seal.ts'
import { rerunParked } from '../commands.ts'
import type { Resolve } from '../egress/exchange.ts'
import { createProbe, type ProbeNeeds } from '../egress/probe.ts'
import { readHere } from '../events/follow/exercise-reading.ts'
import { rerunAll } from '../events/follow/rerun-all.ts'
import { createTypeChecks } from '../events/types/type-checks.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { type ApiNeeds, createApi } from '../http/api.ts'
import { examineHere, parse } from '../inbound/parse.ts'
import { createQuarantine } from '../inbound/quarantine/quarantine.ts'
import { receive } from '../inbound/receive.ts'
import { planReprocess } from '../inbound/reprocess-plan.ts'
import { sourceDefinitions } from '../inbound/sources/index.ts'
import { fanOut } from '../outbound/fan-out/fan-out.ts'
import { createStreams, type StreamsNeeds } from '../stream/subscribe.ts'
import { type Cursors, createCursors } from './cursor.ts'
import { showStreamed, streamCursor } from './events/stream.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

/** What came back from a call. */
export interface Answer {
  status: number
  headers: LightMyRequestResponse['headers']
  /** The body as text, and as JSON if it is. */
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any
}

/** A caller with a key. */
export interface Caller {
  workspaceId: string
  key: string
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  put(path: string, body?: unknown): Promise<Answer>
  patch(path: string, body?: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
}

export type TestApi = Awaited<ReturnType<typeof openTestApi>>

/** Streams with limits that a test reaches. */
export function openTestStreams({
  cursors,
  ...needs
}: Pick<StreamsNeeds, 'log' | 'journal' | 'meter'> & { cursors: Cursors }) {
  return createStreams({
    ...needs,
    settledUpTo: async () => Number.MAX_SAFE_INTEGER,
    show: showStreamed,
    cursorAt: (workspaceId, place) => streamCursor(cursors, workspaceId, place),
    limits: { total: 4, perKey: 2 },
    recheckMs: 20,
  })
}

/** No test asks the resolver of the machine. */
const nowhere: Resolve = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))

/** The whole API on real storage, called in-process, with a clock that stands still. */
export async function openTestApi(
  more: {
    commit?: (commit: Commit) => Commit
    operations?: readonly Operation[]
    /** What may be called, and how; nothing of the world's unless given. */
    probing?: Partial<ProbeNeeds>
  } = {},
) {
  const storage = openTestStorage()
  const clock = fakeClock()
  const seal = createSeal(Buffer.alloc(32, 7))
  const signing = signingPair(Buffer.alloc(32, 11))
  const stirred: string[] = []
  const lines: { event: string; facts: Record<string, unknown> }[] = []
  const keep = (event: string, facts: object = {}) => void lines.push({ event, facts: { ...facts } })
  const faults: Record<string, string> = {}
  let isLeaving = false
  const probing = {
    ...{ policy: { allowPrivate: [], allowHttp: false }, clock, resolve: nowhere },
    ...more.probing,
  }
  const commit = more.commit?.(storage.commit) ?? storage.commit
  const journal = {
    debug: (event: string, facts?: () => object) => keep(event, facts?.()),
    info: keep,
    warn: keep,
    error: keep,
  }
  const meter = silentMeter
  const receiving = {
    ...{ examine: examineHere, commit, clock, journal, meter, dedupeSecret: Buffer.alloc(32, 5) },
    unknownRoutes: { note: () => {}, close: async () => {} },
    quarantine: createQuarantine({ commit, seal, journal, meter, bounds: usualBounds }),
  }
  const cursors = createCursors(Buffer.alloc(32, 3))
  const streams = openTestStreams({ log: storage.reads.log, cursors, journal, meter })
  const needs: ApiNeeds = {
    operations: more.operations ?? operations,
    authenticate: createAuthenticate({ reads: storage.reads.credentials, clock }),
    journal,
    context: {
      commit,
      reads: storage.reads,
      retention: {
        keep: { bodiesDays: 30, recordsDays: 90, quarantineDays: 7 },
        freeDiskBytes: async () => 5_000_000_000,
      },
      clock,
      seal,
      dedupeSecret: receiving.dedupeSecret,
      publicKey: signing.publicKey,
      cursors,
      streams,
      egressPolicy: { own: probing.policy, customers: probing.policy },
      probe: { own: createProbe(probing), customers: createProbe(probing) },
      definitions: sourceDefinitions,
      typeChecks: createTypeChecks({ reads: storage.reads.eventTypes, clock }),
      receive: (incoming, source, arrival) => receive(incoming, source, arrival, receiving),
      factReader: readHere([fanOut]),
      async rerun(workspaceId, keys, isDry) {
        const needs = { command: rerunParked, commit, clock, reader: readHere([accounts]), limitMs: 0 }
        const settings = () => ({ tiers: { price_pro: 'PRO' } })
        return (await rerunAll({ workspaceId, keys, isDry }, { ...needs, settings })).outcomes
      },
      planReprocess: (workspaceId, filter) =>
        planReprocess(workspaceId, filter, {
          ...receiving,
          log: storage.reads.log,
          sources: storage.reads.sources,
          definitions: sourceDefinitions,
          reparse: async (incoming, source) => parse(incoming, source),
        }),
      publicUrl: () => 'https://hooks.example.com',
      stir: {
        sources: () => void stirred.push('sources'),
        endpoint: (id) => void stirred.push(id),
        lane: (id) => void stirred.push(id),
        events: () => void stirred.push('events'),
        jobs: () => void stirred.push('jobs'),
      },
    },
    system: {
      version: '1.2.3',
      publicKeys: [signing.jwk],
      clock,
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'trunkline_up 1\n' }),
      faults: () => ({ accept: faults.accept, deliver: faults.deliver }),
      isLeaving: () => isLeaving,
      isPrivate: false,
    },
  }
  const { app, route } = await createApi(needs)

  async function call(
    method: string,
    path: string,
    key: string | undefined,
    body?: unknown,
    headers = {},
  ): Promise<Answer> {
    if (method === 'GET' && /^\/api\/v1\/events\/stream(\?|$)/.test(path)) return beginStream(path, key, headers)
    const isRaw = typeof body === 'string' || body instanceof Buffer
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: isRaw ? body : JSON.stringify(body) }),
    })
    const isJson = /json/.test(String(answer.headers['content-type']))
    if (answer.statusCode < 300) checkShape(needs.operations, method, path, answer.statusCode, answer.payload)
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.payload,
      json: isJson && answer.payload !== '' ? answer.json() : undefined,
    }
  }

  /** The beginning of a stream, which never ends by itself. */
  async function beginStream(url: string, key: string | undefined, headers: object): Promise<Answer> {
    const answer = await app.inject({
      url,
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
      payloadAsStream: true,
    })
    let text = ''
    const isStream = answer.headers['content-type'] === 'text/event-stream'
    for await (const chunk of answer.stream()) {
      text += chunk
      if (isStream) break
    }
    return { status: answer.statusCode, headers: answer.headers, text, json: isStream ? undefined : JSON.parse(text) }
  }

  /** A key of a workspace, which is made when it is not there; bound to a customer if one is named. */
  function caller(
    workspaceId = defaultWorkspaceId,
    allowed: readonly Scope[] = scopes,
    customer: string | null = null,
  ): Caller {
    const key = makeKey()
    storage.sql(
      'INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, 0) ON CONFLICT DO NOTHING RETURNING id',
      workspaceId,
      workspaceId,
    )
    storage.sql(
      `INSERT INTO credentials (id, workspace_id, customer, name, key_hash, preview, scopes, origin, created_at)
       VALUES (?, ?, ?, 'test', ?, 'osk_', ?, 'api', 0) RETURNING id`,
      newId('credential', clock.now()),
      workspaceId,
      customer,
      hashKey(key),
      JSON.stringify(allowed),
    )
    const to = (path: string) => `/api/v1${path}`
    return {
      workspaceId,
      key,
      get: (path) => call('GET', to(path), key),
      post: (path, body) => call('POST', to(path), key, body),
      put: (path, body) => call('PUT', to(path), key, body),
      patch: (path, body) => call('PATCH', to(path), key, body),
      delete: (path) => call('DELETE', to(path), key),
    }
  }

  return {
    storage,
    clock,
    seal,
    signing,
    stirred,
    lines,
    streams,
    /** What keeps a role from its work. */
    faults,
    leave() {
      isLeaving = true
    },
    app,
    route,
    call,
    caller,
    async [Symbol.asyncDispose](): Promise<void> {
      await app.close()
      await storage.close()
    },
  }
}

/** An answer has the status and the shape that its operation says, and nothing in it that the shape does not name. */
function checkShape(all: readonly Operation[], method: string, path: string, status: number, text: string): void {
  const [, bare = ''] = /^\/api\/v1([^?]*)/.exec(path) ?? []
  const operation = all.find(
    (each) => each.method === method && new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(bare),
  )
  if (!operation) return
  const isPlan = status === 200 && operation.plan !== undefined
  if (status !== operation.status && !isPlan)
    throw new Error(`${operation.name} answers ${status}, not ${operation.status}`)
  const shape = isPlan ? operation.plan : operation.output
  if (!shape) return
  const answered = JSON.parse(text)
  const known = shape.parse(answered)
  if (!isDeepStrictEqual(known, answered)) throw new Error(`${operation.name} answers more than its shape: ${text}`)
}
