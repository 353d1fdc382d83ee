import swagger from '@fastify/swagger'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import type { Authenticate } from '../access/authenticate.ts'
import type { Credential } from '../access/credential.ts'
import { Bytes, type Context, type Input, type Operation } from '../api/operation.ts'
import { Problem } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { openApiDocument } from './openapi.ts'
import { problemBody, problemHeaders, statusOf, toProblem } from './problem.ts'
import { writeJson } from './write-json.ts'

export interface ApiNeeds {
  operations: readonly Operation[]
  authenticate: Authenticate
  /** What operations work with; workspace, actor and request id are filled in for each call. */
  context: Omit<Context, 'workspaceId' | 'actor' | 'requestId'>
  journal: Log
  serverFactory: NonNullable<FastifyServerOptions['serverFactory']>
}

/** Where the operations are. */
export const prefix = '/api/v1'

/** Bodies of API calls. */
const bodyLimitBytes = 1024 * 1024

/** The framework with every operation in it: the one place that authenticates, checks scopes and input, and answers errors. */
export async function createApi(needs: ApiNeeds): Promise<FastifyInstance> {
  const app = Fastify({
    serverFactory: needs.serverFactory,
    bodyLimit: bodyLimitBytes,
    genReqId: () => newId('request', needs.context.clock.now()),
    logger: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => writeJson)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_, text, done) => {
    try {
      done(null, { text, value: text === '' ? undefined : JSON.parse(String(text)) })
    } catch (error) {
      done(new Problem('INVALID_JSON', `the body is not JSON: ${(error as Error).message}`))
    }
  })
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, needs.journal))
  app.setNotFoundHandler((request, reply) =>
    answerProblem(notFound(request, needs.operations), request, reply, needs.journal),
  )
  await app.register(swagger, {
    openapi: openApiDocument(needs.context.publicUrl),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(async (scope) => {
    for (const operation of needs.operations) mount(scope, operation, needs)
  })
  return app
}

interface Called {
  credential?: Credential
  text?: string
}

function mount(app: FastifyInstance, operation: Operation, { authenticate, context }: ApiNeeds): void {
  const { name, method, path, scope, summary, params, query, body, status, output } = operation
  const called = new WeakMap<FastifyRequest, Called>()
  app.route({
    method,
    url: prefix + path,
    schema: {
      operationId: name,
      summary,
      tags: [path.split('/')[1] ?? ''],
      security: [{ key: [scope] }],
      ...(params ? { params } : {}),
      ...(query ? { querystring: query } : {}),
      ...(body ? { body } : {}),
      response: output ? { [status]: output } : {},
    },
    // Before the input is looked at: a stranger learns nothing about it.
    onRequest: async (request) => {
      const credential = await authenticate(request.headers.authorization)
      if (!credential.scopes.includes(scope))
        throw new Problem('SCOPE_MISSING', `${name} needs the scope "${scope}", which this key does not have`)
      called.set(request, { credential })
    },
    preValidation: async (request) => {
      const parsed = request.body as { text: string; value: unknown } | undefined
      const call = called.get(request)
      if (call && parsed) call.text = parsed.text
      if (body) request.body = parsed?.value ?? {}
    },
    handler: async (request, reply) => {
      const { credential, text = '' } = called.get(request) ?? {}
      if (!credential) throw new Error(`operation ${name} was reached without a credential`)
      const { id: credentialId, workspaceId, scopes } = credential
      const input = { params: request.params, query: request.query, body: request.body, text } as Input<
        never,
        never,
        never
      >
      const result = await operation.run(
        { ...context, workspaceId, actor: { credentialId, workspaceId, scopes }, requestId: request.id },
        input,
      )
      return answer(reply.header('x-request-id', request.id), status, result)
    },
  })
}

function answer(reply: FastifyReply, status: number, result: unknown): FastifyReply {
  if (result === undefined) return reply.code(204).send()
  if (!(result instanceof Bytes)) return reply.code(status).send(result)
  return reply
    .code(status)
    .header('content-type', result.contentType)
    .header('content-disposition', 'attachment')
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength))
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
  return reply
    .code(statusOf[problem.code])
    .headers(headers)
    .serializer(writeJson)
    .send(problemBody(problem, request.id))
}

/** What the framework refuses, in our words. */
function known(error: unknown): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where =
      { body: '', querystring: '/query', params: '/path', headers: '/headers' }[error.validationContext ?? 'body'] ?? ''
    const errors = error.validation.map((each) => ({
      at: where + (each.instancePath || '/'),
      message: each.message ?? 'is not valid',
    }))
    return new Problem(
      'INVALID_INPUT',
      errors
        .map(({ at, message }) => `${at}: ${message}`)
        .join('; ')
        .slice(0, 1000),
      { errors },
    )
  }
  switch ((error as { code?: unknown }).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('TOO_LARGE', `the body is larger than ${bodyLimitBytes} bytes`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('INVALID_JSON', 'the body must be sent as "Content-Type: application/json"')
    case 'FST_ERR_BAD_URL':
      return new Problem('NOT_FOUND', 'the path cannot be read')
    default:
      return toProblem(error)
  }
}

function notFound({ url, method }: FastifyRequest, operations: readonly Operation[]): Problem {
  const [path = ''] = url.split('?')
  const methods = operations
    .filter((each) => new RegExp(`^${prefix}${each.path.replaceAll(/:[^/]+/g, '[^/]+')}/?$`).test(path))
    .map((each) => each.method)
  if (methods.length === 0) return new Problem('NOT_FOUND', `there is nothing at ${path.slice(0, 200)}`)
  return new Problem(
    'METHOD_NOT_ALLOWED',
    `${path.slice(0, 200)} takes ${[...new Set(methods)].join(', ')}, not ${method}`,
  )
}
