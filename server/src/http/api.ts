import { isUtf8 } from 'node:buffer'
import type { RequestListener } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { ZodType } from 'zod'
import type { Authenticate } from '../access/authenticate.ts'
import type { Credential } from '../access/credential.ts'
import { boundContext, checkBound } from '../api/bound.ts'
import { fieldErrorOf } from '../api/field-error.ts'
import { Bytes, type Context, type Input, type Operation, Planned, Replayed, Streaming } from '../api/operation.ts'
import { Problem } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { openApiDocument } from './openapi.ts'
import { problemBody, problemHeaders, statusOf, toProblem } from './problem.ts'
import { createHttpServer, type Route } from './serve.ts'
import { mountSystem, type SystemNeeds } from './system.ts'
import { writeJson } from './write-json.ts'

export interface ApiNeeds {
  operations: readonly Operation[]
  authenticate: Authenticate
  /** What operations work with; workspace, actor and request id are filled in for each call. */
  context: Omit<Context, 'workspaceId' | 'actor' | 'requestId' | 'recheck' | 'journal'>
  system: SystemNeeds
  journal: Log
}

/** Where the operations are. */
export const prefix = '/api/v1'

/** Bodies of API calls. */
const bodyLimitBytes = 1024 * 1024

/** The framework with every operation in it: the one place that authenticates, checks scopes and input, and answers errors. */
export async function createApi(needs: ApiNeeds): Promise<{ app: FastifyInstance; route: Route }> {
  let handle: RequestListener = () => {}
  const app = Fastify({
    frameworkErrors: (error, request, reply) => answerProblem(error, request, reply, needs.journal),
    // The framework answers requests that are handed to it; the servers themselves are ours.
    serverFactory: (handler) => {
      handle = handler
      return createHttpServer([])
    },
    bodyLimit: bodyLimitBytes,
    genReqId: () => newId('request', needs.context.clock.now()),
    logger: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  })
  app.setValidatorCompiler<ZodType>(({ schema, httpPart }) => validatorOf(schema, httpPart))
  app.setReplySerializer(writeJson)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, bytes: Buffer, done) => {
    // Decoding would write U+FFFD for what is not UTF-8, and an event would be published with other data than was sent.
    if (!isUtf8(bytes)) return done(new Problem('INVALID_JSON', 'the body is not UTF-8'))
    const text = bytes.toString()
    try {
      done(null, { text, value: text === '' ? undefined : JSON.parse(text) })
    } catch (error) {
      done(new Problem('INVALID_JSON', `the body is not JSON${placeIn((error as Error).message)}`))
    }
  })
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, needs.journal))
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsAt(request, needs.operations)
    if (methods.length > 0) reply.header('allow', methods.join(', '))
    return answerProblem(notFound(request, methods), request, reply, needs.journal)
  })
  for (const operation of needs.operations) mount(app, operation, needs)
  mountSystem(app, needs.system, needs.authenticate)
  const document = openApiDocument(prefix, needs.operations)
  app.get('/openapi.json', async () => document)
  await app.ready()
  const route: Route = (request, response) => {
    handle(request, response)
    return true
  }
  return { app, route }
}

/** Where the engine stopped reading. The rest of what it says quotes the body. */
function placeIn(message: string): string {
  return / at position \d+( \(line \d+ column \d+\))?$/.exec(message)?.[0] ?? ''
}

interface Called {
  credential?: Credential
  text?: string
}

function mount(app: FastifyInstance, operation: Operation, { authenticate, context, journal }: ApiNeeds): void {
  const { name, method, path, scope, params, query, headers: known, body, status, contentType } = operation
  const called = new WeakMap<FastifyRequest, Called>()
  const judge = async (authorization: string | undefined): Promise<Credential> => {
    const credential = await authenticate(authorization)
    if (!credential.scopes.includes(scope))
      throw new Problem('SCOPE_MISSING', `${name} needs the scope "${scope}", which this key does not have`)
    checkBound(operation, credential.customer)
    return credential
  }
  app.route({
    method,
    url: prefix + path,
    schema: {
      ...(params ? { params } : {}),
      ...(query ? { querystring: query } : {}),
      ...(known ? { headers: known.loose() } : {}),
      ...(body ? { body } : {}),
    },
    // Before the input is looked at: a stranger learns nothing about it.
    onRequest: async (request) => {
      called.set(request, { credential: await judge(request.headers.authorization) })
    },
    preValidation: async (request) => {
      const parsed = request.body as { text: string; value: unknown } | undefined
      const call = called.get(request)
      if (call && parsed) call.text = parsed.text
      if (body) request.body = parsed?.value === undefined ? {} : parsed.value
    },
    handler: async (request, reply) => {
      // A stream goes on for ever; what its head would be is known without it.
      if (request.method === 'HEAD' && contentType === 'text/event-stream') return reply.type(contentType).send()
      const { credential, text = '' } = called.get(request) ?? {}
      if (!credential) throw new Error(`operation ${name} was reached without a credential`)
      const { id: credentialId, workspaceId, customer, scopes, expiresAt } = credential
      const { params, query, body, headers } = request
      const input = { params, query, body, text, headers } as Input<never, never, never>
      const actor = { credentialId, workspaceId, customer, scopes, expiresAt }
      const recheck = () => judge(headers.authorization)
      const whole = { ...context, journal, workspaceId, actor, requestId: request.id, recheck }
      const own = customer === null ? whole : await boundContext(whole, operation, input)
      const result = await operation.run(own, input)
      if (result instanceof Streaming) return answerOnAndOn(reply, request.id, result)
      return answer(reply.header('x-request-id', request.id), status, result)
    },
  })
}

/** Faults told in one answer. */
const mostFaults = 50

/** Checks a part of the input with its schema, and says where each fault is. */
function validatorOf(schema: ZodType, part = 'body') {
  const where = { querystring: '/query', params: '/path', headers: '/headers' }[part] ?? ''
  return (input: unknown): { value: unknown } | { error: Problem } => {
    const result = schema.safeParse(input)
    if (result.success) return { value: result.data }
    const errors = result.error.issues.slice(0, mostFaults).map((issue) => fieldErrorOf(issue, where))
    const detail = errors.map(({ at, message }) => `${at}: ${message}`).join('; ')
    return { error: new Problem('INVALID_INPUT', detail.slice(0, 1000), { errors }) }
  }
}

function answer(reply: FastifyReply, status: number, result: unknown): FastifyReply {
  if (result === undefined) return reply.code(204).send()
  if (result instanceof Planned) return reply.code(200).send(result.plan)
  if (result instanceof Replayed) return answer(reply.header('idempotent-replayed', 'true'), status, result.answer)
  if (!(result instanceof Bytes)) return reply.code(status).send(result)
  return reply
    .code(status)
    .header('content-type', result.contentType)
    .header('content-disposition', 'attachment')
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength))
}

/** Hands the connection over to a stream. */
function answerOnAndOn(reply: FastifyReply, requestId: string, { serve }: Streaming): FastifyReply {
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // Some proxies would keep it until it ends: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
  })
  serve(reply.raw)
  return reply
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, journal: Log): FastifyReply {
  const problem = known(error)
  if (problem.code === 'INTERNAL')
    journal.error('api.failed', {
      request: request.id,
      method: request.method,
      route: request.routeOptions.url,
      error: error as Error,
    })
  const headers = {
    ...problemHeaders(problem),
    'x-request-id': request.id,
    ...(problem.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
  }
  // The framework closes the connection on a body that is too large. A caller that is still sending would be reset by
  // that, and not get to read this; so the rest is taken and thrown away, for as long as a request may take.
  return reply
    .removeHeader('connection')
    .code(statusOf[problem.code])
    .headers(headers)
    .send(problemBody(problem, request.id))
}

/** What the framework refuses, in our words. */
function known(error: unknown): Problem {
  switch ((error as { code?: unknown } | undefined)?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('TOO_LARGE', `the body is larger than ${bodyLimitBytes} bytes`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('INVALID_JSON', 'the body must be sent as "Content-Type: application/json"')
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('NOT_FOUND', 'the path cannot be read')
    // Who was sending has gone.
    case 'ECONNRESET':
    case 'ECONNABORTED':
      return new Problem('REQUEST_ABORTED', 'the connection ended before the whole body had come')
    default:
      return toProblem(error)
  }
}

/** The methods that a path takes; none when nothing is there. */
function methodsAt({ url }: FastifyRequest, operations: readonly Operation[]): string[] {
  const methods = operations
    .filter((each) => new RegExp(`^${prefix}${each.path.replaceAll(/:[^/]+/g, '[^/]+')}/?$`).test(pathOf(url)))
    .map((each) => each.method)
  return [...new Set(methods)]
}

function notFound({ url, method }: FastifyRequest, methods: readonly string[]): Problem {
  const path = pathOf(url).slice(0, 100)
  return methods.length === 0
    ? new Problem('NOT_FOUND', `there is nothing at ${path}`)
    : new Problem('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}, not ${method}`)
}

const pathOf = (url: string): string => url.split('?')[0] ?? ''
